import { lazy, Suspense } from "react";
import { Skeleton } from "../Skeleton";
import type { EditorProps } from "./CodeEditor";
import css from "./Editor.module.css";

export type { EditorProps };

const CodeEditor = lazy(() => import("./CodeEditor"));

/** An editor for SQL; its code loads when it is first shown, and its place is kept until then. */
export function Editor(props: EditorProps) {
  return (
    <Suspense
      fallback={
        <div className={css.editor} data-fill={props.height === undefined || undefined} style={{ height: props.height }} aria-busy="true">
          <div className={css.loading}>
            <Skeleton lines={4} width="40%" />
          </div>
        </div>
      }
    >
      <CodeEditor {...props} />
    </Suspense>
  );
}
