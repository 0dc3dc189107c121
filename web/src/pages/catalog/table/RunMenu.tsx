import { IconChevronDown, IconPlayerPlay, IconSitemap } from "@tabler/icons-react";
import { useStartRun } from "@/app/assets";
import { useT } from "@/i18n";
import { Button, Menu, MenuItem } from "@/ui";

/** Runs an asset, alone or with everything that it reads. */
export function RunMenu({ name, primary, disabled }: { name: string; primary?: boolean; disabled?: boolean }) {
  const t = useT();
  const run = useStartRun();
  return (
    <Menu
      trigger={
        <Button disabled={disabled} icon={<IconPlayerPlay />} look={primary ? "primary" : "default"} busy={run.starting !== undefined} aria-label={t("catalog.run.options", { name })}>
          {t("catalog.run")}
          <IconChevronDown />
        </Button>
      }
    >
      <MenuItem icon={<IconPlayerPlay size={16} />} onSelect={() => run.start([name])}>{t("catalog.run.only", { name })}</MenuItem>
      <MenuItem icon={<IconSitemap size={16} />} onSelect={() => run.start([`+${name}`])}>{t("catalog.run.upstream")}</MenuItem>
    </Menu>
  );
}
