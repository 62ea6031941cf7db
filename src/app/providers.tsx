"use client";

import { ConvexAuthProvider } from "@convex-dev/auth/react";
import { ConvexReactClient } from "convex/react";
import { ThemeProvider, useTheme } from "next-themes";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { useState, type ReactNode } from "react";
import { Toaster } from "sonner";
import { TooltipProvider } from "@/components/ui/tooltip";
import { ShortcutsProvider } from "@/features/shell/shortcuts-provider";

const convexUrl = process.env.NEXT_PUBLIC_CONVEX_URL;

export function Providers({ children }: { children: ReactNode }) {
  return (
    <ThemeProvider attribute="data-theme" disableTransitionOnChange>
      <BackendProvider>
        <NuqsAdapter>
          <TooltipProvider delayDuration={400}>
            <ShortcutsProvider>{children}</ShortcutsProvider>
            <Toasts />
          </TooltipProvider>
        </NuqsAdapter>
      </BackendProvider>
    </ThemeProvider>
  );
}

function BackendProvider({ children }: { children: ReactNode }) {
  const [client] = useState(() =>
    convexUrl ? new ConvexReactClient(convexUrl) : null,
  );
  if (!client) return <MissingBackend />;
  return <ConvexAuthProvider client={client}>{children}</ConvexAuthProvider>;
}

function MissingBackend() {
  return (
    <main className="mx-auto max-w-xl p-8 text-base">
      <h1 className="text-xl font-semibold">No backend is set</h1>
      <p className="mt-2 text-fg-muted">
        NEXT_PUBLIC_CONVEX_URL names the backend this app talks to, for example
        http://127.0.0.1:3210. Start with “npm start”, which sets it.
      </p>
    </main>
  );
}

function Toasts() {
  const { resolvedTheme } = useTheme();
  return (
    <Toaster
      theme={resolvedTheme === "dark" ? "dark" : "light"}
      position="bottom-right"
      visibleToasts={3}
      closeButton
      offset={{ bottom: 16, right: 16 }}
      mobileOffset={{ bottom: 72 }}
    />
  );
}
