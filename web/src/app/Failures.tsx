import { IconCompassOff } from "@tabler/icons-react";
import { useRouter, useRouterState, type ErrorComponentProps } from "@tanstack/react-router";
import { useT } from "@/i18n";
import { ErrorState, EmptyState } from "@/ui/State";
import { LinkButton } from "@/ui/Link";
import { Page } from "./Page";
import { isStale } from "./stale";

export function NotFound() {
  const t = useT();
  const at = useRouterState({ select: (s) => s.location.pathname });
  return (
    <Page title={t("app.notfound")} bare>
      <EmptyState icon={<IconCompassOff />} title={t("app.notfound")} action={<LinkButton to="/">{t("app.notfound.home")}</LinkButton>}>
        {t("app.notfound.detail", { path: at })}
      </EmptyState>
    </Page>
  );
}

/** A page that threw: the shell stays, and the page can be tried again. */
export function Crashed({ error, reset }: ErrorComponentProps) {
  const t = useT();
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Page title={t("app.crashed")} bare>
      <ErrorState error={error} title={t("app.crashed")} onRetry={isStale(error) ? () => location.reload() : retry} />
      <p style={{ textAlign: "center", color: "var(--text-2)" }}>{t("app.crashed.hint")}</p>
    </Page>
  );
}
