import { IconHammer } from "@tabler/icons-react";
import { Page } from "@/app/Page";
import { useT } from "@/i18n";
import { EmptyState } from "@/ui/State";

export function TaskPage() {
  const t = useT();
  return (
    <Page title={t("runs.title")}>
      <EmptyState icon={<IconHammer />} title={t("app.soon")}>
        {t("app.soon.detail")}
      </EmptyState>
    </Page>
  );
}
