#!/bin/sh
# Removes what carts left behind.
rm -f /tmp/cart-*
