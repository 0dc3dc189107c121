import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { activateLocale, preferredLocale } from "./i18n";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
await activateLocale(preferredLocale());
createRoot(root).render(<App />);
