import { IconChevronRight, IconExternalLink } from "@tabler/icons-react";
import { createLink, type LinkComponent, Link as RouterLink } from "@tanstack/react-router";
import { clsx } from "clsx";
import type { AnchorHTMLAttributes, ReactNode, Ref } from "react";
import { useT } from "@/i18n";
import button from "./Button.module.css";
import css from "./Link.module.css";

/** A link to a page of the interface: typed, and its page is loaded on hover. */
export const Link = RouterLink;

type Anchor = AnchorHTMLAttributes<HTMLAnchorElement> & { ref?: Ref<HTMLAnchorElement> };
type ButtonAnchor = Anchor & { icon?: ReactNode; look?: "default" | "primary" | "quiet"; size?: "m" | "s" };

function ButtonAnchor({ icon, look = "default", size = "m", className, children, ...rest }: ButtonAnchor) {
  return (
    <a {...rest} className={clsx(button.button, button[look], button[size], css.button, className)}>
      {icon}
      {children}
    </a>
  );
}

/** A link that looks like a button: `<LinkButton to="/runs" icon={…}>`. */
export const LinkButton: LinkComponent<typeof ButtonAnchor> = createLink(ButtonAnchor);

/** A link out of hosu. */
export function ExternalLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer" className={css.external}>
      {children}
      <IconExternalLink size={13} aria-hidden />
    </a>
  );
}

/** Where a page belongs: links to the pages above it, the nearest last. */
export function Breadcrumbs({ children }: { children: ReactNode[] | ReactNode }) {
  const t = useT();
  const items = Array.isArray(children) ? (children) : [children];
  return (
    <nav aria-label={t("ui.breadcrumbs")}>
      <ol className={css.crumbs}>
        {items.map((item, i) => (
          <li key={i}>
            {item}
            <IconChevronRight size={12} aria-hidden />
          </li>
        ))}
      </ol>
    </nav>
  );
}
