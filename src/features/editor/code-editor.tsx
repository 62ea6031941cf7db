"use client";

import Editor from "@monaco-editor/react";
import { useEffect, useRef, useState } from "react";
import { Skeleton } from "@/components/ui/skeleton";
import { monaco, setEditorTypes } from "./monaco-setup";
import { EDITOR_THEME, followPageTheme } from "./monaco-theme";
import type { Diagnostic, Problem } from "./problems";

const SERVER_MARKERS = "lockstep";

export type EditorPosition = { line: number; column: number };

export type CodeEditorProps = {
  /** Names the text; two editors with the same path share it. */
  path: string;
  value: string;
  label: string;
  readOnly?: boolean;
  onChange?: (value: string) => void;
  /** What the server found in the text. */
  diagnostics?: readonly Diagnostic[];
  onTypeErrors?: (problems: Problem[] | null) => void;
  /** Scrolls to and focuses this position; a new object does it again. */
  reveal?: EditorPosition | null;
  highlightLine?: number | null;
  /** Declarations beside those of the language. */
  types?: string | null;
};

export default function CodeEditor(props: CodeEditorProps) {
  const [editor, setEditor] =
    useState<monaco.editor.IStandaloneCodeEditor | null>(null);
  useEffect(followPageTheme, []);
  useExtraTypes(props.types ?? null);
  useExternalValue(editor, props.value);
  useServerMarkers(editor, props.diagnostics);
  useTypeErrors(editor, props.onTypeErrors);
  useReveal(editor, props.reveal ?? null);
  useLineHighlight(editor, props.highlightLine ?? null);
  return (
    <Editor
      path={props.path}
      language="typescript"
      theme={EDITOR_THEME}
      defaultValue={props.value}
      loading={<Skeleton className="size-full rounded-none" />}
      onMount={setEditor}
      onChange={(value) => props.onChange?.(value ?? "")}
      options={{
        ariaLabel: `${props.label}. Press Control+M to let Tab leave the editor.`,
        readOnly: props.readOnly ?? false,
        automaticLayout: true,
        minimap: { enabled: false },
        fontSize: 13,
        lineHeight: 20,
        tabSize: 2,
        scrollBeyondLastLine: false,
        padding: { top: 12, bottom: 12 },
        fixedOverflowWidgets: true,
        quickSuggestions: { strings: true, other: true, comments: false },
        stickyScroll: { enabled: false },
        lineNumbersMinChars: 3,
        wordWrap: "on",
      }}
    />
  );
}

type StandaloneEditor = monaco.editor.IStandaloneCodeEditor | null;

/** Text that changed elsewhere replaces the editor's; its own edits come back equal and change nothing. */
function useExternalValue(editor: StandaloneEditor, value: string) {
  useEffect(() => {
    const model = editor?.getModel();
    if (!model || model.getValue() === value) return;
    model.pushEditOperations(
      [],
      [{ range: model.getFullModelRange(), text: value }],
      () => null,
    );
  }, [editor, value]);
}

/** All editors share them: they are those of the one that was opened last. */
function useExtraTypes(types: string | null) {
  useEffect(() => setEditorTypes(types), [types]);
}

function useServerMarkers(
  editor: StandaloneEditor,
  diagnostics?: readonly Diagnostic[],
) {
  useEffect(() => {
    const model = editor?.getModel();
    if (!model || !diagnostics) return;
    const markers = diagnostics.map((found) => ({
      source: SERVER_MARKERS,
      message: found.message,
      severity:
        found.severity === "error"
          ? monaco.MarkerSeverity.Error
          : monaco.MarkerSeverity.Warning,
      startLineNumber: found.line,
      startColumn: found.column,
      endLineNumber: found.endLine,
      endColumn: found.endColumn,
    }));
    monaco.editor.setModelMarkers(model, SERVER_MARKERS, markers);
  }, [editor, diagnostics]);
}

function useTypeErrors(
  editor: StandaloneEditor,
  onTypeErrors: ((problems: Problem[] | null) => void) | undefined,
) {
  const latest = useRef(onTypeErrors);
  useEffect(() => {
    latest.current = onTypeErrors;
  });
  useEffect(() => {
    const uri = editor?.getModel()?.uri;
    if (!uri) return;
    const report = () => latest.current?.(typeProblems(uri));
    const subscription = monaco.editor.onDidChangeMarkers((changed) => {
      if (changed.some((resource) => resource.toString() === uri.toString()))
        report();
    });
    report();
    return () => {
      subscription.dispose();
      latest.current?.(null);
    };
  }, [editor]);
}

function typeProblems(uri: monaco.Uri): Problem[] {
  return monaco.editor
    .getModelMarkers({ resource: uri })
    .filter(
      ({ owner, severity }) =>
        owner !== SERVER_MARKERS && severity >= monaco.MarkerSeverity.Warning,
    )
    .map((marker) => ({
      source: "typescript",
      severity:
        marker.severity === monaco.MarkerSeverity.Error ? "error" : "warning",
      message: marker.message,
      line: marker.startLineNumber,
      column: marker.startColumn,
      endLine: marker.endLineNumber,
      endColumn: marker.endColumn,
    }));
}

function useReveal(editor: StandaloneEditor, reveal: EditorPosition | null) {
  useEffect(() => {
    if (!editor || !reveal) return;
    const position = { lineNumber: reveal.line, column: reveal.column };
    editor.setPosition(position);
    editor.revealPositionInCenter(position);
    editor.focus();
  }, [editor, reveal]);
}

function useLineHighlight(editor: StandaloneEditor, line: number | null) {
  useEffect(() => {
    if (!editor || line === null) return;
    const decorations = editor.createDecorationsCollection([
      {
        range: new monaco.Range(line, 1, line, 1),
        options: { isWholeLine: true, className: "bg-selected" },
      },
    ]);
    return () => decorations.clear();
  }, [editor, line]);
}
