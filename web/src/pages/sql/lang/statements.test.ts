import { describe, expect, it } from "vitest";
import { statementAt, statements } from "./statements";
import { tokenize } from "./tokens";

const texts = (sql: string) => statements(sql).map(({ from, to }) => sql.slice(from, to));
/** The statement at the `|`. */
const at = (marked: string) => {
  const cursor = marked.indexOf("|");
  const sql = marked.replace("|", "");
  const span = statementAt(sql, cursor);
  return span && sql.slice(span.from, span.to);
};

describe("statements", () => {
  it.each<[string, string[]]>([
    ["", []],
    [" \n\t", []],
    ["select 1", ["select 1"]],
    ["select 1;", ["select 1"]],
    ["select 1; select 2 ;\n", ["select 1", "select 2"]],
    [";;select 1;;", ["select 1"]],
    ["select ';'; select 2", ["select ';'", "select 2"]],
    ["select 'it''s;' ; select 2", ["select 'it''s;'", "select 2"]],
    ["select e'\\';' ; select 2", ["select e'\\';'", "select 2"]],
    ['select 1 as ";" ; select 2', ['select 1 as ";"', "select 2"]],
    ['select 1 as "a"";" ; select 2', ['select 1 as "a"";"', "select 2"]],
    ["select $$a;b$$; select 2", ["select $$a;b$$", "select 2"]],
    ["select $q$a;$$;b$q$; select 2", ["select $q$a;$$;b$q$", "select 2"]],
    ["select $start; select $end", ["select $start", "select $end"]],
    ["select $1;select 2", ["select $1", "select 2"]],
    ["select 1 -- no; end\n+ 1; select 2", ["select 1 -- no; end\n+ 1", "select 2"]],
    ["select /* a; /* b; */ c; */ 1; select 2", ["select /* a; /* b; */ c; */ 1", "select 2"]],
    ["-- first\nselect 1;\n-- second\nselect 2\n-- the end", ["-- first\nselect 1", "-- second\nselect 2"]],
    ["-- only a comment;", []],
    ["select 'not closed; select 2", ["select 'not closed; select 2"]],
    ["select '매출;' as 매출; select 2", ["select '매출;' as 매출", "select 2"]],
  ])("of %j", (sql, want) => expect(texts(sql)).toEqual(want));
});

describe("the statement at the cursor", () => {
  it.each<[string, string | undefined]>([
    ["|", undefined],
    ["-- nothing|", undefined],
    ["|select 1; select 2", "select 1"],
    ["select| 1; select 2", "select 1"],
    ["select 1|; select 2", "select 1"],
    ["select 1;| select 2", "select 1"],
    ["select 1; |select 2", "select 2"],
    ["select 1;|\nselect 2", "select 1"],
    ["select 1;\n|\nselect 2", "select 2"],
    ["select 1;\n\nselect 2;\n\n|", "select 2"],
    ["|\n\nselect 1", "select 1"],
    ["select ';|'; select 2", "select ';'"],
    ["select $$;|;$$; select 2", "select $$;|;$$".replace("|", "")],
    ["select 1; -- abo|ut two\nselect 2", "-- about two\nselect 2"],
    ["select 1 /* ; */| ; select 2", "select 1"],
    ["select '가나다' ; select '라|마바'", "select '라마바'"],
  ])("of %j", (marked, want) => expect(at(marked)).toBe(want));
});

describe("tokens", () => {
  it("tells names from numbers", () => {
    expect(tokenize("o.1 + .5 + 1e3 a$b").map((t) => [t.type, t.text])).toEqual([
      ["word", "o"], ["punct", "."], ["number", "1"], ["punct", "+"], ["number", ".5"], ["punct", "+"], ["number", "1e3"], ["word", "a$b"],
    ]);
  });
  it("covers a million characters in little time", () => {
    const start = performance.now();
    tokenize("select a, 'b' from c where d = $x; -- e\n".repeat(25_000));
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
