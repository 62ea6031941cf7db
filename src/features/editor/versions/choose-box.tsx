export function ChooseBox(props: {
  name: string;
  chosen: boolean;
  onChoose: () => void;
}) {
  return (
    <input
      type="checkbox"
      aria-label={`Compare ${props.name}`}
      className="size-4 shrink-0 accent-primary"
      checked={props.chosen}
      onChange={props.onChoose}
    />
  );
}
