import { IconPlayerPlay } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { Page } from "@/app/Page";
import { useT } from "@/i18n";
import { Button, Tabs } from "@/ui";
import { AssetList } from "./list/AssetList";
import { RunList } from "./list/RunList";
import { StartDialog } from "./start/StartDialog";

const route = getRouteApi("/runs");

/** Every run there was, the one at work, where every asset stands; and the way to start another. */
export function RunsPage() {
  const t = useT();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [asked, setAsked] = useState<string[]>();
  const start = search.start ? search.start.filter((s) => s !== "*") : asked;
  const close = () => {
    setAsked(undefined);
    if (search.start) void navigate({ search: (was) => ({ ...was, start: undefined }), replace: true });
  };
  return (
    <Page
      title={t("runs.title")}
      actions={
        <Button look="primary" icon={<IconPlayerPlay />} onClick={() => setAsked([])}>
          {t("runs.start")}
        </Button>
      }
    >
      <Tabs
        label={t("runs.title")}
        value={search.tab ?? "runs"}
        onChange={(tab) => void navigate({ search: tab === "assets" ? { tab } : {} })}
        tabs={[
          { value: "runs", label: t("runs.tab.runs") },
          { value: "assets", label: t("runs.tab.assets") },
        ]}
      >
        {search.tab === "assets" ? <AssetList onStart={setAsked} /> : <RunList onStart={() => setAsked([])} />}
      </Tabs>
      {start && <StartDialog selectors={start} onClose={close} />}
    </Page>
  );
}
