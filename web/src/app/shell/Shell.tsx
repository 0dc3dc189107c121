import { Outlet, useRouter } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useT } from "@/i18n";
import { Toaster } from "@/ui/Toast";
import { Banners } from "./Banners";
import { Nav, TabBar } from "./Nav";
import { TopBar } from "./TopBar";
import css from "./Shell.module.css";

const Palette = lazy(() => import("./Palette"));

/** What is around every page. */
export function Shell() {
  const t = useT();
  const [searching, setSearching] = useState(false);
  // The palette's code stays once loaded, so that it opens and closes at once.
  const [opened, setOpened] = useState(false);
  if (searching && !opened) setOpened(true);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey) {
        event.preventDefault();
        setSearching((was) => !was);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);

  return (
    <div className={css.shell}>
      <a href="#main" className={css.skip} onClick={(event) => {
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}>
        {t("app.skip")}
      </a>
      <Nav />
      <TopBar onSearch={() => setSearching(true)} />
      <div className={css.body}>
        <Banners />
        <main id="main" className={css.main} tabIndex={-1} data-scroll-restoration-id="main">
          <Outlet />
        </main>
      </div>
      <TabBar />
      <Announcer />
      <Toaster />
      {opened && (
        <Suspense>
          <Palette open={searching} onOpenChange={setSearching} />
        </Suspense>
      )}
    </div>
  );
}

/** After a change of page: the focus goes to the content, and screen readers hear the new title. */
function Announcer() {
  const router = useRouter();
  const region = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let first = true;
    return router.subscribe("onRendered", ({ pathChanged }) => {
      // Not on arrival: the browser reads the document itself.
      if (first) {
        first = false;
        return;
      }
      if (!pathChanged) return;
      document.getElementById("main")?.focus({ preventScroll: true });
      // The page sets its title in an effect of its own.
      setTimeout(() => {
        if (region.current) region.current.textContent = document.title;
      }, 100);
    });
  }, [router]);
  return <div ref={region} className="sr-only" role="status" aria-live="polite" />;
}
