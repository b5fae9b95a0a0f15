#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Searches the products; what is asked for is pasted into a command, which is the hole.
printf 'Content-Type: text/plain\r\n\r\n'
wanted=$(httpd -d "$QUERY_STRING")
eval "grep -i $wanted /var/www/products"
wget -q -O - http://127.0.0.1:8081/stock.txt
