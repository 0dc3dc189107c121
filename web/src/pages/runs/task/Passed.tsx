import { StatusIcon, Time } from "@/ui";
import type { CheckResult } from "../model/data";
import css from "./Task.module.css";

/** Checks that found nothing. */
export const Passed = ({ checks }: { checks: readonly CheckResult[] }) => (
  <ul className={css.passed}>
    {checks.map((check) => (
      <li key={check.name}>
        <StatusIcon status="passed" />
        <span>{check.name}</span>
        <span className={css.quiet}><Time at={check.at} /></span>
      </li>
    ))}
  </ul>
);
