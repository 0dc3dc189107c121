package app_test

import (
	"fmt"
	"testing"

	"github.com/hosu-io/hosu/internal/engine"
)

// retailReference computes what examples/online-retail computes, in other words: everything is text until it is used, duplicates
// are numbered instead of grouped, and tables come from the lines instead of each other. In order; each may read those before.
var retailReference = []struct{ table, sql string }{
	{"core.lines", `
		with numbered as (
		  select *,
		    row_number() over same as nth,
		    count(*) over same as copies
		  from reference.raw
		  window same as (partition by InvoiceNo, upper(StockCode), Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country)
		)
		select
		  InvoiceNo as invoice_no,
		  case left(InvoiceNo, 1)
		    when 'C' then 'cancellation'
		    when 'A' then 'adjustment'
		    else if(starts_with(Quantity, '-'), 'write_off', 'sale')
		  end as kind,
		  upper(StockCode) as stock_code,
		  Description as description,
		  cast(Quantity as bigint) as quantity,
		  strptime(InvoiceDate, '%Y-%m-%d %H:%M:%S') as invoiced_at,
		  cast(UnitPrice as decimal(12, 3)) as unit_price,
		  cast(split_part(CustomerID, '.', 1) as bigint) as customer_id,
		  Country as country,
		  cast(Quantity as decimal(9, 0)) * cast(UnitPrice as decimal(9, 3)) as amount,
		  copies
		from numbered
		where nth = 1`},
	{"core.invoices", `
		select head.*, body.lines, body.quantity, body.amount
		from (
		  select distinct on (invoice_no) invoice_no, kind, invoiced_at, customer_id, country
		  from reference."core.lines"
		  order by invoice_no, invoiced_at
		) head
		join (
		  select invoice_no, sum(1) as lines, sum(quantity) as quantity, sum(unit_price * quantity) as amount
		  from reference."core.lines"
		  group by invoice_no
		) body using (invoice_no)`},
	{"core.customers", `
		select
		  latest.customer_id,
		  latest.country,
		  (select min(l.invoiced_at) from reference."core.lines" l where l.customer_id = latest.customer_id and l.kind = 'sale') as first_sale_at,
		  (select max(i.invoiced_at) from reference."core.invoices" i where i.customer_id = latest.customer_id and i.kind = 'sale') as last_sale_at,
		  (select count(distinct l.invoice_no) from reference."core.lines" l where l.customer_id = latest.customer_id and l.kind = 'sale') as invoices,
		  (select count(distinct l.invoice_no) from reference."core.lines" l where l.customer_id = latest.customer_id and l.invoice_no like 'C%') as cancellations,
		  (select sum(l.amount) from reference."core.lines" l where l.customer_id = latest.customer_id) as revenue
		from (
		  select distinct on (customer_id) customer_id, country
		  from reference."core.invoices"
		  where customer_id is not null
		  order by customer_id, invoiced_at desc, invoice_no desc
		) latest`},
	{"marts.daily_sales", `
		select
		  strptime(strftime(invoiced_at, '%Y-%m-%d'), '%Y-%m-%d')::date as day,
		  count(distinct case when kind = 'sale' then invoice_no end) as invoices,
		  count(distinct case when kind = 'sale' then customer_id end) as customers,
		  sum(case when kind = 'sale' then amount else 0 end) as sales,
		  sum(case when kind = 'cancellation' then amount else 0 end) as cancelled,
		  sum(amount) as net
		from reference."core.lines"
		group by 1`},
	{"marts.cohorts", `
		with sales as (
		  select customer_id, 12 * year(invoiced_at) + month(invoiced_at) - 1 as month
		  from reference."core.lines"
		  where kind = 'sale' and customer_id is not null
		),
		ages as (
		  select customer_id, month, min(month) over (partition by customer_id) as first_month from sales
		)
		select
		  make_date(first_month // 12, first_month % 12 + 1, 1) as cohort,
		  month - first_month as months_later,
		  count(distinct customer_id) as customers
		from ages
		group by 1, 2`},
	{"marts.first_purchases", `
		select distinct on (customer_id, stock_code) customer_id, stock_code, invoiced_at as first_bought_at, invoice_no
		from reference."core.lines"
		where customer_id is not null and kind = 'sale'
		order by customer_id, stock_code, invoiced_at, invoice_no`},
}

// loadReference computes the reference from the CSV file itself into the schema "reference".
func (p plainDuckDB) loadReference(t *testing.T, file string) {
	t.Helper()
	p.exec(t, fmt.Sprintf(`create schema reference;
		create table reference.raw as from read_csv(%s, header = true, delim = ',', quote = '"', escape = '"', all_varchar = true)`,
		engine.QuoteLiteral(file)))
	for _, r := range retailReference {
		p.exec(t, "create table "+engine.QuoteName("reference", r.table)+" as "+r.sql)
	}
}
