#!/usr/bin/env python3
"""Counts the UCI Online Retail file without Rondom and compares with what `rondom status --json` says of it.

    rondom import --mapping docs/mappings/online_retail.yaml online_retail.csv.gz
    rondom status --json | tests/online_retail/check.py online_retail.csv.gz
"""

import csv
import gzip
import json
import sys
from decimal import Decimal

invoices, customers, lines, revenue = {}, set(), 0, Decimal(0)
with gzip.open(sys.argv[1], "rt", encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        lines += 1
        revenue += int(row["Quantity"]) * Decimal(row["UnitPrice"])
        customer = row["CustomerID"].strip()
        customers.add(customer)
        invoices[row["InvoiceNo"]] = invoices.get(row["InvoiceNo"]) or customer
customers.discard("")
returns = sum(number.startswith("C") for number in invoices)
expected = {
    "profiles": len(customers),
    "orders": len(invoices),
    "sales": len(invoices) - returns,
    "cancellations": returns,
    "ordersWithoutPerson": sum(not customer for customer in invoices.values()),
    "revenue": revenue.normalize(),
    "rejectedRecords": 0,
}

status = json.load(sys.stdin)
(total,) = status["totals"]
found = {
    "profiles": status["profiles"],
    "orders": status["orders"],
    "sales": total["orders"],
    "cancellations": total["returns"],
    "ordersWithoutPerson": status["ordersWithoutPerson"],
    "revenue": Decimal(total["revenue"]).normalize(),
    "rejectedRecords": status["rejectedRecords"],
}
print(f"{lines} lines in the file")
for key, value in expected.items():
    print(f"{key:20} {value!s:>12}  {'equal' if found[key] == value else f'Rondom says {found[key]}'}")
sys.exit(found != expected)
