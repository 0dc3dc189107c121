// Every part of the kit, for those who build on it: in development only. Its words are not translated.
import { IconCopy, IconDots, IconPlayerPlay, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState, type ReactNode } from "react";
import { Page } from "@/app/Page";
import { today, useFormat } from "@/format";
import {
  Badge, Button, Card, Checkbox, Code, Combobox, CopyButton, DateRangePicker, Dialog, Duration, EmptyState, ErrorState, IconButton, Menu, MenuItem, MenuLine, Popover,
  presetRange, SearchField, Segmented, Select, Sheet, Skeleton, Sparkline, Stat, StatusBadge, StatusIcon, Switch, Table, Tabs, TextArea, TextField, Time, toast, Tooltip,
} from "@/ui";
import { ApiError } from "@/api/error";
import { DataGrid } from "@/ui/grid";
import { Chart } from "@/ui/chart";
import { Editor } from "@/ui/editor";
import { Graph } from "@/ui/graph";
import { millionRows } from "./rows";

const statuses = ["queued", "running", "retrying", "cancelling", "succeeded", "failed", "skipped", "cancelled", "interrupted", "fresh", "due", "never_built", "passed", "warned"];
const sql = `-- 등급별 매출
select grade, sum(amount) as revenue, count(distinct member_id) as 회원수
from marts.orders
where ordered_at::date >= date '2026-01-01' and status = 'paid'
group by 1 order by revenue desc limit 10`;

const days = Array.from({ length: 28 }, (_, i) => `2026-02-${String(i + 1).padStart(2, "0")}`);
const lineage = [
  { from: "raw_shop.orders", to: "staging.orders" }, { from: "raw_shop.order_items", to: "staging.orders" }, { from: "staging.orders", to: "marts.daily_sales", strong: true },
  { from: "raw_shop.members", to: "marts.members" }, { from: "marts.members", to: "marts.daily_sales", dashed: true }, { from: "marts.daily_sales", to: "dashboard:sales", strong: true }, { from: "staging.orders", to: "marts.cohorts" },
];

export function KitPage() {
  const f = useFormat();
  const [tab, setTab] = useState<"a" | "b">("a");
  const [grain, setGrain] = useState<"day" | "week" | "month">("day");
  const [text, setText] = useState("");
  const [on, setOn] = useState(true);
  const [open, setOpen] = useState<"dialog" | "sheet">();
  const [one, setOne] = useState<string>();
  const [several, setSeveral] = useState<string[]>(["서울", "부산"]);
  const [at] = useState(() => Date.now());
  const now = today("Asia/Seoul", at);
  const [range, setRange] = useState({ preset: "28d", ...presetRange("28d", now)! } as { preset?: string; from: string; to: string });
  const [code, setCode] = useState(sql);
  const [grid] = useState(millionRows);
  const regions = ["서울", "부산", "대구", "인천", "광주", "대전", "울산", "세종"].map((r, i) => ({ value: r, label: r, note: f.compact(12_345 * (i + 1)) }));
  return (
    <Page title="Kit" actions={<Button look="primary" icon={<IconPlus />}>New</Button>}>
      <div style={{ display: "grid", gap: 16, gridTemplateColumns: "minmax(0, 1fr)" }}>
        <Part title="Buttons">
          <Button>Default</Button>
          <Button look="primary" icon={<IconPlayerPlay />}>Run</Button>
          <Button look="quiet">Quiet</Button>
          <Button look="danger" icon={<IconTrash />}>Delete</Button>
          <Button busy>Working</Button>
          <Button disabled>Disabled</Button>
          <Button size="s">Small</Button>
          <IconButton label="More" icon={<IconDots />} />
          <CopyButton text="hello" />
          <Menu trigger={<Button icon={<IconDots />}>Menu</Button>}>
            <MenuItem icon={<IconCopy />} keys="⌘C" onSelect={() => toast("Copied")}>Copy</MenuItem>
            <MenuLine />
            <MenuItem danger icon={<IconTrash />} onSelect={() => toast("It could not be deleted: it is read by marts.daily_sales", "bad")}>Delete</MenuItem>
          </Menu>
          <Popover label="Details" trigger={<Button>Popover</Button>}>Anything</Popover>
          <Tooltip text="A word about it"><Button look="quiet">Tooltip</Button></Tooltip>
          <Button onClick={() => setOpen("dialog")}>Dialog</Button>
          <Button onClick={() => setOpen("sheet")}>Sheet</Button>
        </Part>
        <Part title="Fields">
          <TextField label="Name" placeholder="marts.daily_sales" value={text} onChange={(e) => setText(e.target.value)} hint="Lower case" />
          <TextField label="Wrong" value="x y" readOnly error="No spaces" />
          <Select label="Kind" value={grain} onChange={setGrain} options={[{ value: "day", label: "Day" }, { value: "week", label: "Week" }, { value: "month", label: "Month" }]} />
          <TextArea label="Description" defaultValue="주문 원본" />
          <SearchField label="Search tables" value={text} onChange={setText} />
          <Combobox label="지역" options={regions} value={one} onChange={setOne} />
          <Combobox label="지역" multiple options={regions} value={several} onChange={setSeveral} />
          <DateRangePicker value={range} onChange={setRange} presets={["7d", "28d", "12w", "12m", "ytd"]} today={now} align="start" />
          <Segmented label="Grain" value={grain} onChange={setGrain} options={[{ value: "day", label: "Day" }, { value: "week", label: "Week" }, { value: "month", label: "Month" }]} />
          <Checkbox label="Blocking checks only" checked={on} onChange={setOn} hint="Those that keep a table from being published" />
          <Switch label="Follow" checked={on} onChange={setOn} />
        </Part>
        <Part title="States">
          {statuses.map((s) => <StatusBadge key={s} status={s} />)}
          {statuses.map((s) => <StatusIcon key={s} status={s} />)}
          <Badge tone="accent">accent</Badge>
          <Badge tone="info">info</Badge>
          <Time at={at - 300_000} /> <Time at={at} as="datetime" /> <Duration from={at - 12_000} />
        </Part>
        <div style={{ display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fit, minmax(240px, 1fr))" }}>
          <Card title="Revenue"><Stat label="Last 28 days" value={f.money(345_678_901, "KRW", true)} change={0.052} note="Before: ₩3.2억"><Sparkline label="Revenue" values={[3, 4, 3.5, 5, 4.8, 6, 5.5, 7]} /></Stat></Card>
          <Card title="Refunds"><Stat label="Last 28 days" value={f.compact(12_345)} change={0.12} better="down"><Sparkline label="Refunds" values={[3, 4, null, 5, 4.8, 2, 2.5, 1]} /></Stat></Card>
          <Card title="Loading"><Stat label="Members" value="" loading note="x" /><Skeleton lines={2} /></Card>
        </div>
        <Tabs label="Views" value={tab} onChange={setTab} tabs={[{ value: "a", label: "Data", count: 12 }, { value: "b", label: "Columns" }]}>
          {tab === "a" ? <EmptyState compact title="No rows yet" action={<Button>Run it</Button>}>It fills at the next run.</EmptyState> : <ErrorState compact error={new ApiError({ status: 404, code: "table_not_found", title: "There is no table marts.x", hint: "Did you mean marts.y?", request_id: "01JD8Q" })} onRetry={() => toast("Tried")} />}
        </Tabs>
        <Card title="Table" flush>
          <Table label="Tables" rows={regions} rowKey={(r) => r.value} columns={[
            { id: "name", header: "Name", cell: (r) => r.label, sort: (r) => r.label },
            { id: "n", header: "Rows", align: "end", cell: (r) => r.note, sort: (r) => r.note, descFirst: true },
            { id: "s", header: "Status", cell: () => <StatusBadge status="fresh" />, hide: "phone" },
          ]} />
        </Card>
        <Code label="Query" code={sql} />
        <div style={{ display: "grid", gap: 16, gridTemplateColumns: "repeat(auto-fit, minmax(360px, 1fr))" }}>
          {(["line", "stacked", "bar", "area"] as const).map((type) => (
            <Card key={type} title={type}>
              <Chart label={`Revenue by region, ${type}`} type={type} format={(v) => f.money(v)} axisFormat={f.compact} x={{ kind: "category", values: days, format: (d) => f.day(d), exact: (d) => f.date(d) }}
                series={[{ name: "서울", values: days.map((_, i) => 3e8 + 1e8 * Math.sin(i / 3)) }, { name: "부산", values: days.map((_, i) => (i === 9 ? null : 2e8 + 5e7 * Math.cos(i / 2))) }, { name: "이전 기간", values: days.map((_, i) => 2.4e8 + 4e7 * Math.sin(i / 2)), faint: true, line: true }]} />
            </Card>
          ))}
          <Card title="bars"><Chart label="By store" type="bar" horizontal x={{ kind: "category", values: ["강남점", "홍대점", "해운대점", "제주공항 면세점"] }} series={[{ name: "매출", values: [4e8, 3e8, 2e8, 5e7] }]} /></Card>
          <Card title="heatmap"><Chart label="Retention" type="heatmap" written axisFormat={(v) => f.percent(v, 0)} format={(v) => f.percent(v)} x={{ values: ["0", "1", "2", "3", "4", "5"] }} y={{ values: ["1월", "2월", "3월", "4월"] }} values={[[1, 0.6, 0.5, 0.4, 0.35, 0.3], [1, 0.62, 0.51, 0.44, 0.36, null], [1, 0.58, 0.5, 0.41, null, null], [1, 0.7, 0.6, null, null, null]]} /></Card>
        </div>
        <Card title="Graph" flush className="kit-graph" style={{ height: 380 }}>
          <div style={{ height: 336, display: "flex" }}>
            <Graph label="Lineage" selected="marts.daily_sales" onOpen={(id) => toast(id)} edges={lineage} nodes={[...new Set(lineage.flatMap((e) => [e.from, e.to]))].map((id) => ({ id, label: id, data: id }))}
              renderNode={(node) => <div style={{ padding: "7px 12px" }}><div style={{ fontWeight: 500 }}>{node.data}</div><StatusIcon status="fresh" size={13} /> <span style={{ color: "var(--text-3)", fontSize: 12 }}>1.2만 행</span></div>} />
          </div>
        </Card>
        <Card title="Editor" flush style={{ height: 220 }}><Editor label="Query" value={code} onChange={setCode} /></Card>
        <Card title="Grid" flush style={{ height: 460 }} className="kit-grid"><div style={{ height: 414, display: "flex" }}><DataGrid label="Rows" source={grid} /></div></Card>
      </div>
      <Dialog open={open === "dialog"} onOpenChange={() => setOpen(undefined)} title="Save the query" description="Others can find it by its name." footer={<><Button onClick={() => setOpen(undefined)}>Cancel</Button><Button look="primary">Save</Button></>}>
        <TextField label="Name" />
      </Dialog>
      <Sheet open={open === "sheet"} onOpenChange={() => setOpen(undefined)} title="marts.daily_sales"><Skeleton lines={6} /></Sheet>
    </Page>
  );
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <Card title={title}>
    <div style={{ display: "flex", flexWrap: "wrap", gap: 12, alignItems: "center" }}>{children}</div>
  </Card>
);
