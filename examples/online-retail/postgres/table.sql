-- The invoice lines as the shop wrote them. Fill it in psql:
--   \copy invoice_lines from program 'gunzip -c online_retail.csv.gz' with (format csv, header)
create table invoice_lines (
  "InvoiceNo"   text,
  "StockCode"   text,
  "Description" text,
  "Quantity"    integer,
  "InvoiceDate" timestamp,      -- local time of the shop, without a zone
  "UnitPrice"   numeric(12, 3),
  "CustomerID"  text,           -- written "17850.0"
  "Country"     text
);
