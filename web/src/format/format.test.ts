import { describe, expect, it } from "vitest";
import {
  addDays, formatBytes, formatChange, formatClock, formatCompact, formatDate, formatDateTime, formatDay, formatDuration, formatExact,
  formatMetric, formatMoney, formatNumber, formatPercent, formatRelative, today,
} from ".";

describe("numbers", () => {
  it("keeps every digit of what does not fit a number", () => {
    expect(formatNumber(9007199254740993n, "en")).toBe("9,007,199,254,740,993");
    expect(formatNumber("12345678901234567890.12", "ko")).toBe("12,345,678,901,234,567,890.12");
  });

  it.each([
    [0, "0"], [999, "999"], [1234, "1,234"], [9999, "9,999"], [10_000, "1만"], [12_300, "1.2만"], [999_999, "100만"],
    [1_234_567, "123만"], [34_500_000, "3,450만"], [99_999_999, "1억"], [99_994_000, "9,999만"], [120_000_000, "1.2억"], [12_345_678_901, "123억"],
    [1_250_000_000_000, "1.3조"], [-34_500_000, "-3,450만"], [-120_000_000, "-1.2억"], [0.1234, "0.12"],
  ])("counts by ten thousands in Korean: %d is %s", (n, text) => expect(formatCompact(n, "ko")).toBe(text));

  it.each([[950, "950"], [1234, "1.23K"], [120_000_000, "120M"], [1.5e12, "1.5T"], [-12_345, "-12.3K"]])(
    "counts by thousands in English: %d is %s", (n, text) => expect(formatCompact(n, "en")).toBe(text));

  it("writes money", () => {
    expect(formatMoney(120_000_000, "ko", "KRW", true)).toBe("₩1.2억");
    expect(formatMoney(120_000_000, "en", "KRW", true)).toBe("₩120M");
    expect(formatMoney("-34500000", "ko", "KRW", true)).toBe("-₩3,450만");
    expect(formatMoney("12345.00", "ko")).toBe("₩12,345");
    expect(formatMoney(12.5, "en", "USD")).toBe("$12.50");
  });

  it("writes ratios and changes", () => {
    expect(formatPercent(0.12345, "en")).toBe("12.3%");
    expect(formatChange(0.052, "en")).toBe("+5.2%");
    expect(formatChange(-0.31, "ko")).toBe("-31%");
    expect(formatChange(0, "ko")).toBe("0%");
  });

  it.each([[0, "0 B"], [999, "999 B"], [1000, "1 KB"], [1_536_000, "1.54 MB"], [999_950, "1 MB"], [12_345_678, "12.3 MB"], [96.7e12, "96.7 TB"]])(
    "writes bytes: %d is %s", (n, text) => expect(formatBytes(n, "en")).toBe(text));

  it.each([
    [0, "0 ms", "0ms"], [340.4, "340 ms", "340ms"], [999.9, "1 s", "1초"], [1234, "1.2 s", "1.2초"], [59_700, "1m", "1분"], [59_400, "59 s", "59초"],
    [200_000, "3m 20s", "3분 20초"], [7_500_000, "2h 5m", "2시간 5분"], [3_599_600, "1h", "1시간"], [86_400_000 * 3.2, "3d 5h", "3일 5시간"],
  ])("writes durations: %d ms", (ms, en, ko) => {
    expect(formatDuration(ms, "en")).toBe(en);
    expect(formatDuration(ms, "ko")).toBe(ko);
  });

  it("does not write what is small as nothing", () => {
    expect([0.0004, -0.00012345, 0.00000012, 0].map((v) => formatNumber(v, "en", 3))).toEqual(["0.0004", "-0.000123", "0.00000012", "0"]);
    expect([formatNumber("0.0000001", "ko", 6), formatNumber(0.00042, "en"), formatNumber(0.4, "en", 0)]).toEqual(["0.0000001", "0.00042", "0"]);
    expect(formatNumber(1.5e-300, "en", 3)).toBe("1.5E-300");
    // The marks of an axis.
    expect([0, 0.005, 0.01, 0.015, 0.5].map((v) => formatCompact(v, "en"))).toEqual(["0", "0.005", "0.01", "0.015", "0.5"]);
    expect([0.0002, -0.0002].map((v) => formatCompact(v, "ko"))).toEqual(["0.0002", "-0.0002"]);
    expect([0, 0.0002, 0.00045, 0.0005].map((v) => formatPercent(v, "en"))).toEqual(["0%", "0.02%", "0.045%", "0.05%"]);
    expect(formatPercent(0.004, "ko", 0)).toBe("0.4%");
  });

  it("writes metrics in their format", () => {
    expect(formatMetric("1234567", "krw", "ko")).toBe("₩1,234,567");
    expect(formatMetric("123456789", "krw", "ko", true)).toBe("₩1.2억");
    expect(formatMetric(0.0567, "percent", "en")).toBe("5.7%");
    expect(formatMetric(34.567, "count", "en")).toBe("35");
    expect(formatMetric(12.3456, "number", "en")).toBe("12.35");
    expect(formatMetric(null, "krw", "en")).toBe("–");
    expect(formatMetric("Seoul", "", "en")).toBe("Seoul");
  });
});

describe("times", () => {
  const at = "2026-01-31T16:30:05Z"; // already the 1st in Seoul

  it("are of the workspace's zone", () => {
    expect(formatDate(at, "ko", "Asia/Seoul")).toBe("2026. 2. 1.");
    expect(formatDateTime(at, "en", "Asia/Seoul")).toBe("Feb 1, 2026, 01:30");
    expect(formatClock(at, "en", "Asia/Seoul")).toBe("01:30:05");
    expect(formatExact(at, "en", "UTC")).toContain("UTC");
    expect(today("Asia/Seoul", Date.parse(at))).toBe("2026-02-01");
    expect(today("America/New_York", Date.parse(at))).toBe("2026-01-31");
  });

  it("are days of the calendar when they have no time", () => {
    expect(formatDay("2026-01-31", "ko", "America/New_York")).toBe("1월 31일");
    expect(formatDate("2026-01-31", "en", "America/New_York")).toBe("Jan 31, 2026");
  });

  it("are what a clock showed when they have no zone", () => {
    expect(formatDateTime("2026-01-31T20:00:00", "en", "Asia/Seoul")).toBe("Jan 31, 2026, 20:00");
    expect(formatDate("2026-01-31 20:00:00.5", "en", "America/New_York")).toBe("Jan 31, 2026");
    expect(formatClock("2026-01-31T00:00", "en", "Asia/Seoul")).toBe("00:00:00");
    expect(formatExact("2026-01-31T20:00:00", "en", "Asia/Seoul")).not.toContain("UTC");
    expect(formatDateTime("2026-01-31T20:00:00+09:00", "en", "Asia/Seoul")).toBe("Jan 31, 2026, 20:00");
  });

  it("survive a zone that the browser does not know", () => {
    expect(formatDate("2026-01-31T00:00:00Z", "en", "Mars/Olympus")).toContain("2026");
  });

  it.each([
    [-3_000, "now", "지금"], [-45_000, "45s ago", "45초 전"], [-300_000, "5m ago", "5분 전"], [-7_200_000, "2h ago", "2시간 전"], [-3 * 86_400_000, "3d ago", "3일 전"],
    [7_300_000, "in 2h", "2시간 후"], [-40 * 86_400_000, "1mo ago", "1개월 전"],
  ])("are relative: %d ms", (ms, en, ko) => {
    const now = Date.parse(at);
    expect(formatRelative(now + ms, now, "en")).toBe(en);
    expect(formatRelative(now + ms, now, "ko")).toBe(ko);
  });

  it("count days over the ends of months", () => {
    expect(addDays("2026-01-31", 1)).toBe("2026-02-01");
    expect(addDays("2024-03-01", -1)).toBe("2024-02-29");
  });
});
