import { hexDigits } from "./hex-color";
import { monaco } from "./monaco-setup";

export const EDITOR_THEME = "lockstep";

/** Makes the editor's theme from the page's tokens, and again whenever the page's theme changes. */
export function followPageTheme(): () => void {
  applyTheme();
  const observer = new MutationObserver(applyTheme);
  observer.observe(document.documentElement, {
    attributeFilter: ["data-theme"],
  });
  return () => observer.disconnect();
}

function applyTheme(): void {
  const style = getComputedStyle(document.documentElement);
  const digits = (name: string) =>
    hexDigits(style.getPropertyValue(`--${name}`));
  const token = (name: string) => `#${digits(name)}`;
  const isDark = document.documentElement.dataset["theme"] === "dark";
  monaco.editor.defineTheme(EDITOR_THEME, {
    base: isDark ? "vs-dark" : "vs",
    inherit: true,
    rules: [
      { token: "comment", foreground: digits("fg-subtle") },
      { token: "string", foreground: digits("succeeded-text") },
      { token: "number", foreground: digits("running-text") },
      { token: "keyword", foreground: digits("waiting-text") },
      { token: "type", foreground: digits("retrying-text") },
      { token: "identifier", foreground: digits("fg") },
      { token: "delimiter", foreground: digits("fg-muted") },
    ],
    colors: {
      "editor.background": token("canvas"),
      "editor.foreground": token("fg"),
      "editorLineNumber.foreground": token("fg-subtle"),
      "editorLineNumber.activeForeground": token("fg"),
      "editor.lineHighlightBackground": token("subtle"),
      "editor.lineHighlightBorder": token("subtle"),
      "editor.selectionBackground": token("selected"),
      "editorWidget.background": token("canvas"),
      "editorWidget.border": token("border-strong"),
      "editorSuggestWidget.selectedBackground": token("selected"),
      "editorSuggestWidget.selectedForeground": token("fg"),
      "editorSuggestWidget.highlightForeground": token("link"),
      "editorError.foreground": token("failed-bar"),
      "editorWarning.foreground": token("retrying-bar"),
      "editorCursor.foreground": token("fg"),
      "editorIndentGuide.background1": token("border"),
      focusBorder: token("focus"),
    },
  });
  monaco.editor.setTheme(EDITOR_THEME);
}
