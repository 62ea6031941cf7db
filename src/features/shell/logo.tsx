export function Logo() {
  return (
    <svg viewBox="0 0 32 32" className="size-6 shrink-0" aria-hidden>
      <rect width="32" height="32" rx="7" fill="var(--primary)" />
      <path
        d="M9 7v14a3 3 0 0 0 3 3h11"
        fill="none"
        stroke="var(--on-primary)"
        strokeWidth="3.5"
        strokeLinecap="round"
      />
      <circle cx="20" cy="13" r="3.5" fill="var(--on-primary)" />
    </svg>
  );
}
