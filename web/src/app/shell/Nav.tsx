import {
  IconChartHistogram, IconChevronsLeft, IconChevronsRight, IconDatabase, IconHome, IconPlayerPlay, IconTerminal2,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { queries } from "@/api";
import { useT, type MessageId } from "@/i18n";
import { IconButton } from "@/ui/Button";
import { Tooltip } from "@/ui/Tooltip";
import { Logo } from "./Logo";
import css from "./Nav.module.css";

const places = [
  { to: "/", label: "app.nav.home", icon: IconHome },
  { to: "/catalog", label: "app.nav.catalog", icon: IconDatabase },
  { to: "/sql", label: "app.nav.sql", icon: IconTerminal2 },
  { to: "/runs", label: "app.nav.runs", icon: IconPlayerPlay },
  { to: "/dashboards", label: "app.nav.dashboards", icon: IconChartHistogram },
] as const satisfies readonly { to: string; label: MessageId; icon: unknown }[];

const key = "hosu.nav";

function wasCollapsed(): boolean {
  try {
    const stored = localStorage.getItem(key);
    // Until it is chosen: narrow windows keep their width for the page.
    return stored === null ? window.innerWidth < 1100 : stored === "collapsed";
  } catch {
    return false;
  }
}

/** The navigation at the left: icons with words, or icons alone. */
export function Nav() {
  const t = useT();
  const [collapsed, setCollapsed] = useState(wasCollapsed);
  const toggle = () => {
    setCollapsed(!collapsed);
    try {
      localStorage.setItem(key, collapsed ? "open" : "collapsed");
    } catch {
      // Not remembered, then.
    }
  };
  const label = t(collapsed ? "app.nav.expand" : "app.nav.collapse");
  return (
    <nav className={css.nav} aria-label={t("app.nav")} data-collapsed={collapsed || undefined}>
      <Tooltip text={collapsed ? "hosu" : ""} side="right">
        <Link to="/" className={css.brand} aria-label="hosu">
          <Logo />
          <span className={css.word}>hosu</span>
        </Link>
      </Tooltip>
      <ul className={css.list}>
        {places.map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <Tooltip text={collapsed ? t(label) : ""} side="right">
              <Link to={to} className={css.place} activeOptions={{ exact: to === "/", includeSearch: false }} aria-label={collapsed ? t(label) : undefined}>
                <Icon size={18} stroke={1.7} aria-hidden />
                <span className={css.word}>{t(label)}</span>
              </Link>
            </Tooltip>
          </li>
        ))}
      </ul>
      <div className={css.foot}>
        <Version />
        <IconButton
          label={label}
          aria-expanded={!collapsed}
          tooltip={false}
          icon={collapsed ? <IconChevronsRight /> : <IconChevronsLeft />}
          onClick={toggle}
        />
      </div>
    </nav>
  );
}

function Version() {
  const t = useT();
  const { data } = useQuery(queries.workspace());
  return <span className={css.version}>{data ? t("app.version", { version: data.version }) : ""}</span>;
}

/** The navigation below, on a phone. */
export function TabBar() {
  const t = useT();
  return (
    <nav className={css.tabs} aria-label={t("app.nav")}>
      {places.map(({ to, label, icon: Icon }) => (
        <Link key={to} to={to} className={css.tab} activeOptions={{ exact: to === "/", includeSearch: false }}>
          <Icon size={20} stroke={1.7} aria-hidden />
          <span>{t(label)}</span>
        </Link>
      ))}
    </nav>
  );
}
