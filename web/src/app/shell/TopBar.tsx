import { IconSearch, IconSettings } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { queries } from "@/api";
import { chooseLocale, locales, useLocale, useT } from "@/i18n";
import { IconButton } from "@/ui/Button";
import { Menu, MenuLine, MenuRadio } from "@/ui/Menu";
import { Skeleton } from "@/ui/Skeleton";
import { chooseTheme, useTheme } from "../theme";
import { Logo } from "./Logo";
import css from "./TopBar.module.css";

const apple = /Mac|iP(hone|ad)/.test(navigator.platform);

export function TopBar({ onSearch }: { onSearch: () => void }) {
  const t = useT();
  return (
    <header className={css.bar}>
      <Link to="/" className={css.logo} aria-label="hosu">
        <Logo />
      </Link>
      <WorkspaceName />
      <button type="button" className={css.search} onClick={onSearch} aria-haspopup="dialog" aria-keyshortcuts="Control+K Meta+K">
        <IconSearch size={15} aria-hidden />
        <span className={css.hint}>{t("app.search.placeholder")}</span>
        <kbd className={css.keys} aria-hidden>
          {apple ? "⌘K" : "Ctrl K"}
        </kbd>
      </button>
      <Settings />
    </header>
  );
}

function WorkspaceName() {
  const t = useT();
  const { data, isPending } = useQuery(queries.workspace());
  if (data === undefined) return <div className={css.workspace}>{isPending && <Skeleton width={90} />}</div>;
  return (
    <div className={css.workspace}>
      <span className={css.name}>{data.name}</span>
      {data.environment && (
        <span className={css.environment} title={t("app.environment", { name: data.environment })}>
          {data.environment}
        </span>
      )}
    </div>
  );
}

function Settings() {
  const t = useT();
  const locale = useLocale();
  const theme = useTheme();
  return (
    <Menu trigger={<IconButton label={t("app.settings")} icon={<IconSettings />} className={css.settings} />}>
      <MenuRadio
        label={t("app.language")}
        value={locale}
        options={locales.map(({ locale, name }) => ({ value: locale, label: <span lang={locale}>{name}</span> }))}
        onChange={(locale) => void chooseLocale(locale)}
      />
      <MenuLine />
      <MenuRadio
        label={t("app.theme")}
        value={theme}
        options={[
          { value: "system", label: t("app.theme.system") },
          { value: "light", label: t("app.theme.light") },
          { value: "dark", label: t("app.theme.dark") },
        ]}
        onChange={chooseTheme}
      />
    </Menu>
  );
}
