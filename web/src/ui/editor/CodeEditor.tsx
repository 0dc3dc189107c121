import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  Decoration, drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, MatchDecorator, placeholder as placeholderOf, rectangularSelection, ViewPlugin,
  type DecorationSet, type ViewUpdate,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { clsx } from "clsx";
import { useEffect, useEffectEvent, useRef } from "react";
import { keywords, types } from "../sql";
import { duckdb } from "./dialect";
import css from "./Editor.module.css";

export type EditorProps = {
  /** What is edited, for screen readers. */
  label: string;
  value: string;
  onChange?: (value: string) => void;
  /** Instead of plain DuckDB SQL: `sql({ dialect: duckdb, schema })` with the workspace's tables. */
  language?: Extension;
  /**
   * More of CodeMirror: completions, diagnostics, keys (which come before the built-in ones). Keep the array's identity
   * between renders; a new one takes effect at once.
   */
  extensions?: readonly Extension[];
  /** Called once with the view, to select, focus or insert. */
  onReady?: (view: EditorView) => void;
  placeholder?: string;
  readOnly?: boolean;
  /** Without it the editor fills its parent, which has to have a height. */
  height?: number | string;
  autoFocus?: boolean;
  className?: string;
};

const highlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null], color: "var(--code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: [tags.typeName, tags.special(tags.name)], color: "var(--code-type)" },
  { tag: [tags.function(tags.variableName), tags.standard(tags.name)], color: "var(--code-function)" },
  { tag: [tags.lineComment, tags.blockComment, tags.comment], color: "var(--code-comment)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", color: "var(--text)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", wordBreak: "normal" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 12px 0 6px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--text-3)", border: "none", paddingLeft: "4px" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "28px", padding: "0 6px 0 4px" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-activeLineGutter": { color: "var(--text-2)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "light-dark(#0b748829, #4fc3d838)" },
  ".cm-selectionMatch": { backgroundColor: "light-dark(#0b748818, #4fc3d826)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "transparent", outline: "1px solid var(--line-strong)" },
  ".cm-function": { color: "var(--code-function)" },
  ".cm-placeholder": { color: "var(--text-3)" },
  ".cm-tooltip": { border: "1px solid var(--line-2)", borderRadius: "6px", backgroundColor: "var(--raised)", color: "var(--text)", boxShadow: "var(--shadow-l)", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12px", maxHeight: "260px", padding: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 8px", borderRadius: "4px", lineHeight: "18px", display: "flex", alignItems: "baseline" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--selected)", color: "var(--text)" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--accent-text)", fontWeight: "600" },
  ".cm-completionDetail": { marginLeft: "auto", paddingLeft: "16px", color: "var(--text-3)", fontStyle: "normal", fontFamily: "var(--font)" },
  ".cm-completionInfo": { padding: "8px 10px", maxWidth: "320px", fontFamily: "var(--font)", fontSize: "12px" },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panels input, .cm-panels button": { fontFamily: "var(--font)", fontSize: "12px" },
  ".cm-textfield": { border: "1px solid var(--line-2)", borderRadius: "4px", backgroundColor: "var(--surface)" },
  ".cm-button": { border: "1px solid var(--line-2)", borderRadius: "4px", background: "var(--surface)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)", textUnderlineOffset: "3px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warn)", textUnderlineOffset: "3px" },
  ".cm-diagnostic": { padding: "6px 10px", fontFamily: "var(--font)", fontSize: "12px", whiteSpace: "pre-line" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--bad)" },
  ".cm-diagnostic-warning": { borderLeft: "3px solid var(--warn)" },
});

const functionMark = Decoration.mark({ class: "cm-function" });

/** Colours the names of functions, which the grammar takes for any other name. */
const functions = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    readonly #matcher = new MatchDecorator({
      regexp: /[\p{L}_][\p{L}\p{N}_]*(?=\s?\()/gu,
      decorate: (add, from, to, [name], view) => {
        const word = name.toLowerCase();
        if (keywords.has(word) || types.has(word)) return;
        const node = syntaxTree(view.state).resolveInner(from, 1).name;
        if (!/String|Comment/.test(node)) add(from, to, functionMark);
      },
    });
    constructor(view: EditorView) {
      this.decorations = this.#matcher.createDeco(view);
    }
    update(update: ViewUpdate) {
      this.decorations = this.#matcher.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** The extensions of every editor, in the order of their keys: the page's own come before. */
const base: Extension = [
  lineNumbers(),
  highlightActiveLineGutter(),
  highlightSpecialChars(),
  history(),
  drawSelection(),
  EditorState.allowMultipleSelections.of(true),
  rectangularSelection(),
  indentUnit.of("  "),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  autocompletion({ icons: false, activateOnTypingDelay: 60 }),
  highlightActiveLine(),
  highlightSelectionMatches({ minSelectionLength: 2 }),
  search({ top: true }),
  syntaxHighlighting(highlight),
  functions,
  look,
  // Tab indents; after Escape it moves the focus on, for those who have no mouse.
  keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
];

export default function CodeEditor({ label, value, onChange, language, extensions, onReady, placeholder, readOnly = false, height, autoFocus, className }: EditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  // What may change later, each in its own compartment.
  const parts = useRef({ language: new Compartment(), more: new Compartment(), about: new Compartment() });
  const changed = useEffectEvent((text: string) => onChange?.(text));
  const languageOf = () => language ?? sql({ dialect: duckdb });
  const aboutOf = () => [
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocorrect: "off", autocapitalize: "off", tabindex: "0" }),
    placeholder ? placeholderOf(placeholder) : [],
    EditorState.readOnly.of(readOnly),
  ];

  const open = useEffectEvent((parent: HTMLDivElement) => {
    const { language: lang, more, about } = parts.current;
    const made = new EditorView({
      parent,
      state: EditorState.create({
        doc: value,
        extensions: [
          more.of([...(extensions ?? [])]),
          about.of(aboutOf()),
          lang.of(languageOf()),
          base,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed(update.state.doc.toString());
          }),
        ],
      }),
    });
    if (autoFocus) made.focus();
    onReady?.(made);
    return made;
  });

  useEffect(() => {
    if (host.current === null) return;
    const made = open(host.current);
    view.current = made;
    return () => {
      view.current = null;
      made.destroy();
    };
  }, []);

  // A value from outside that is not what was typed: another query was opened.
  useEffect(() => {
    const made = view.current;
    if (made && made.state.doc.toString() !== value) {
      made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: value } });
    }
  }, [value]);

  const reconfigure = useEffectEvent(() => {
    const { language: lang, more, about } = parts.current;
    view.current?.dispatch({ effects: [lang.reconfigure(languageOf()), more.reconfigure([...(extensions ?? [])]), about.reconfigure(aboutOf())] });
  });
  useEffect(() => reconfigure(), [language, extensions, label, placeholder, readOnly]);

  return <div ref={host} className={clsx(css.editor, className)} data-fill={height === undefined || undefined} style={{ height }} />;
}
