import { IconAlertTriangle, IconPlugConnectedX, IconShieldOff } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { queries, useConnection, type Problem } from "@/api";
import { useFormat } from "@/format";
import { useT } from "@/i18n";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import css from "./Banners.module.css";

/** What concerns every page: a server that does not answer, files that do not load, queries that are not confined. */
export function Banners() {
  const t = useT();
  const { data } = useQuery(queries.workspace());
  return (
    // A live region must be there before its text, for screen readers to read it.
    <div role="status">
      <Offline />
      {data?.problems && data.problems.length > 0 && <Problems problems={data.problems} />}
      {data?.unconfined && (
        <Banner tone="warn" icon={<IconShieldOff />}>
          {t("app.unconfined", { why: data.unconfined })}
        </Banner>
      )}
    </div>
  );
}

function Offline() {
  const t = useT();
  const f = useFormat();
  const client = useQueryClient();
  const { online, lastAnswer } = useConnection();
  const [trying, setTrying] = useState(false);
  if (online) return null;
  const retry = async () => {
    setTrying(true);
    await client.refetchQueries({ queryKey: queries.workspace().queryKey });
    setTrying(false);
  };
  return (
    <Banner
      tone="bad"
      icon={<IconPlugConnectedX />}
      action={
        <Button size="s" busy={trying} onClick={() => void retry()}>
          {t("ui.retry")}
        </Button>
      }
    >
      <b>{t("app.offline")}</b> {lastAnswer ? t("app.offline.detail", { when: f.clock(lastAnswer) }) : t("app.offline.never")}
    </Banner>
  );
}

function Problems({ problems }: { problems: Problem[] }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Banner
        tone="warn"
        icon={<IconAlertTriangle />}
        action={
          <Button size="s" onClick={() => setOpen(true)}>
            {t("app.problems.show")}
          </Button>
        }
      >
        {t("app.problems", { n: problems.length })}
      </Banner>
      <Dialog open={open} onOpenChange={setOpen} title={t("app.problems.title")} size="l">
        <ul className={css.problems}>
          {problems.map((problem, i) => (
            <li key={i}>
              <code className={css.file}>
                {[problem.file, problem.line, problem.line ? problem.column : undefined].filter((part) => part !== undefined && part !== 0).join(":")}
              </code>
              <p>{problem.message}</p>
              {problem.suggestion && <p className={css.suggestion}>{problem.suggestion}</p>}
            </li>
          ))}
        </ul>
      </Dialog>
    </>
  );
}

function Banner({ tone, icon, action, children }: { tone: "warn" | "bad"; icon: ReactNode; action?: ReactNode; children: ReactNode }) {
  return (
    <div className={css.banner} data-tone={tone}>
      {icon}
      <p className={css.text}>{children}</p>
      {action}
    </div>
  );
}
