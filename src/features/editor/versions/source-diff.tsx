"use client";

import { useEffect, useRef } from "react";
import { monaco } from "../monaco-setup";
import { EDITOR_THEME, followPageTheme } from "../monaco-theme";

export type SourceDiffProps = {
  before: string;
  after: string;
  label: string;
  /** Scrolls to this line; a new object does it again. */
  reveal: { side: "before" | "after"; line: number } | null;
};

/** Two sources side by side, or below each other where there is little room. */
export default function SourceDiff(props: SourceDiffProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneDiffEditor | null>(null);
  const { before, after, label, reveal } = props;
  useEffect(followPageTheme, []);
  useEffect(() => {
    if (host.current === null) return;
    const created = createEditor(host.current, label);
    editor.current = created;
    return () => {
      editor.current = null;
      created.dispose();
    };
  }, [label]);
  useEffect(() => {
    const original = monaco.editor.createModel(before, "typescript");
    const modified = monaco.editor.createModel(after, "typescript");
    editor.current?.setModel({ original, modified });
    return () => {
      editor.current?.setModel(null);
      original.dispose();
      modified.dispose();
    };
  }, [before, after, label]);
  useEffect(() => {
    if (reveal === null) return;
    const side =
      reveal.side === "after"
        ? editor.current?.getModifiedEditor()
        : editor.current?.getOriginalEditor();
    side?.setPosition({ lineNumber: reveal.line, column: 1 });
    side?.revealLineInCenter(reveal.line);
    side?.focus();
  }, [reveal]);
  return <div ref={host} className="size-full" />;
}

function createEditor(host: HTMLElement, label: string) {
  return monaco.editor.createDiffEditor(host, {
    theme: EDITOR_THEME,
    originalAriaLabel: `${label}, before`,
    modifiedAriaLabel: `${label}, after`,
    readOnly: true,
    originalEditable: false,
    automaticLayout: true,
    renderSideBySide: true,
    useInlineViewWhenSpaceIsLimited: true,
    renderSideBySideInlineBreakpoint: 760,
    hideUnchangedRegions: { enabled: true },
    renderValidationDecorations: "off",
    renderOverviewRuler: false,
    minimap: { enabled: false },
    fontSize: 13,
    lineHeight: 20,
    scrollBeyondLastLine: false,
    lineNumbersMinChars: 3,
    wordWrap: "on",
  });
}
