/* SPDX-License-Identifier: Apache-2.0 */
#include <besra/besra.h>
#include <stdio.h>

static void show(const struct besra_alert *a, void *arg)
{
	fprintf(arg, "%s\n", a->text);
}

int main(int argc, char **argv)
{
	struct besra *b = besra_new();
	int n = argc == 3 ? 0 : -1;

	besra_on_alert(b, show, stdout);
	if (n == 0 && (n = besra_load_rules(b, argv[1])) == 0 && (n = besra_open(b, argv[2])) == 0)
		n = besra_run(b);
	if (n < 0)
		fprintf(stderr, "%s\n", besra_error(b));
	besra_free(b);
	return n < 0;
}
