import { autocompletion, closeCompletion, startCompletion, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { Prec, StateField, type Extension } from "@codemirror/state";
import { Decoration, EditorView, hoverTooltip, keymap, type DecorationSet } from "@codemirror/view";
import { makeCatalog, type Catalog } from "./catalog";
import { completionCard, hoverCard, type Words } from "./cards";
import { statementAt } from "./statements";
import { suggest, tell, type Suggestion } from "./suggest";
import css from "./lang.module.css";

/** Beyond this a text is data rather than a query, and looking through it at every key would be felt. */
const longest = 300_000;

const marks: Record<Suggestion["kind"], string> = {
  namespace: "N", table: "T", view: "V", query: "Q", column: "C", alias: "A", function: "ƒ", keyword: "K", join: "=",
};

function completion(item: Suggestion, words: () => Words | undefined): Completion {
  const text = item.insert ?? item.label;
  return {
    label: item.label,
    detail: item.detail,
    type: item.kind,
    boost: item.rank,
    info: () => {
      const said = words();
      return said && item.of && (item.of.table ?? item.of.function ?? item.of.column?.doc) ? completionCard(item, said) : null;
    },
    apply: (view, _completion, from, to) => {
      // A call that is there already keeps its parenthesis.
      const called = item.kind === "function" && view.state.sliceDoc(to, to + 1) === "(";
      const insert = called ? item.label : text;
      const anchor = from + insert.length - (called ? 0 : (item.back ?? 0));
      view.dispatch({ changes: { from, to, insert }, selection: { anchor }, userEvent: "input.complete", scrollIntoView: true });
      if (item.more) startCompletion(view);
    },
  };
}

/** Suggestions and explanations of names. The catalog is asked for each time: it may arrive late, and change. */
export function sqlAssist(catalog: () => Catalog, words: () => Words | undefined): Extension {
  const source = (context: CompletionContext): CompletionResult | null => {
    const text = context.state.doc;
    if (text.length > longest) return null;
    const found = suggest(text.toString(), context.pos, catalog(), context.explicit);
    return found === undefined ? null : { from: found.from, options: found.items.map((item) => completion(item, words)) };
  };
  return [
    autocompletion({
      override: [source],
      icons: false,
      activateOnTypingDelay: 60,
      maxRenderedOptions: 80,
      addToOptions: [
        {
          position: 10,
          render: (item) => {
            const mark = document.createElement("span");
            mark.className = css.mark!;
            mark.dataset.kind = item.type;
            mark.textContent = marks[item.type as Suggestion["kind"]];
            mark.ariaHidden = "true";
            return mark;
          },
        },
      ],
    }),
    hoverTooltip(
      (view, pos) => {
        if (view.state.doc.length > longest) return null;
        const told = tell(view.state.doc.toString(), pos, catalog());
        const said = words();
        return told === undefined || said === undefined ? null : { pos: told.from, end: told.to, above: true, create: () => ({ dom: hoverCard(told, said) }) };
      },
      { hoverTime: 350 },
    ),
  ];
}

const current = Decoration.line({ class: css.current! });

/** Where there is more than one statement, a line beside the one that would be run. */
export const currentStatement: Extension = StateField.define<DecorationSet>({
  create: (state) => decorate(state.doc.toString(), state.selection.main.head),
  update: (value, tr) => (tr.docChanged || tr.selection ? decorate(tr.newDoc.toString(), tr.newSelection.main.head) : value),
  provide: (field) => EditorView.decorations.from(field),
});

function decorate(text: string, cursor: number): DecorationSet {
  if (text.length > longest || !text.includes(";")) return Decoration.none;
  const span = statementAt(text, cursor);
  // Alone it needs no mark.
  if (span === undefined || (text.slice(0, span.from).trim() === "" && /^[\s;]*$/.test(text.slice(span.to)))) return Decoration.none;
  const lines = [];
  for (let at = text.lastIndexOf("\n", span.from - 1) + 1; at <= span.to; ) {
    lines.push(current.range(at));
    const next = text.indexOf("\n", at);
    if (next < 0) break;
    at = next + 1;
  }
  return Decoration.set(lines);
}

/** What the page answers for the editor. */
export type Answers = {
  catalog: Catalog;
  words: Words;
  run: () => void;
  /** Whether there was something to cancel. */
  cancel: () => boolean;
  save: () => void;
  selecting: (some: boolean) => void;
};

/** Everything that the editor of SQL has beyond one of text. It is made once, and the page's answers change with every render. */
export class SqlSupport {
  #answers: Answers | undefined;
  readonly extensions: Extension[];

  constructor() {
    const of = () => this.#answers;
    const done = (view: EditorView, act: (() => void) | undefined): boolean => {
      closeCompletion(view);
      act?.();
      return true;
    };
    this.extensions = [
      // Before the keys of the editor itself.
      Prec.high(
        keymap.of([
          { key: "Mod-Enter", run: (view) => done(view, of()?.run), preventDefault: true },
          { key: "Shift-Enter", run: (view) => done(view, of()?.run), preventDefault: true },
          { key: "Mod-s", run: (view) => done(view, of()?.save), preventDefault: true },
        ]),
      ),
      // Behind them: Escape closes suggestions first.
      Prec.low(keymap.of([{ key: "Escape", run: () => of()?.cancel() ?? false }])),
      sqlAssist(() => of()?.catalog ?? nothing, () => of()?.words),
      currentStatement,
      EditorView.lineWrapping,
      EditorView.updateListener.of((update) => {
        if (update.selectionSet || update.docChanged) of()?.selecting(!update.state.selection.main.empty);
      }),
    ];
  }

  answer(answers: Answers): void {
    this.#answers = answers;
  }
}

const nothing = makeCatalog([], []);

/** Underlines why a statement failed; without a problem nothing is. The mark moves with the text until it is changed. */
export function showProblem(view: EditorView, problem: Diagnostic | undefined, focus: boolean): void {
  view.dispatch(setDiagnostics(view.state, problem ? [problem] : []));
  if (!problem || !focus) return;
  view.dispatch({ selection: { anchor: problem.from }, effects: EditorView.scrollIntoView(problem.from, { y: "center" }) });
  view.focus();
}

