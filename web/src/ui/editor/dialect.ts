import { SQLDialect } from "@codemirror/lang-sql";
import { keywords, types } from "../sql";

/** DuckDB's SQL, for `sql({ dialect: duckdb, … })`. */
export const duckdb = SQLDialect.define({
  keywords: [...keywords].filter((word) => !types.has(word)).join(" "),
  types: [...types].join(" "),
  builtin: "",
  operatorChars: "*+-%<>!=&|~^/?:@#",
  doubleDollarQuotedStrings: true,
  specialVar: "$",
  identifierQuotes: '"',
  caseInsensitiveIdentifiers: true,
  unquotedBitLiterals: false,
});
