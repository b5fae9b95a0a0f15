/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/flags.h"

#include "internal.h"

#define FLAG_SET(set_name) static const struct flag set_name##_values[] = {
#define FLAG(set, id, flag_name, bits, x86_64)                                                     \
	{ .name = { (flag_name), sizeof(flag_name) - 1 }, .value = (bits), .native = (x86_64) },
#define END                                                                                        \
	}                                                                                          \
	;
#include "tables/flag_sets.def"
#undef FLAG_SET
#undef FLAG
#undef END

const struct flag_set flag_set_table[] = {
#define FLAG_SET(set_name)                                                                         \
	[FLAG_SET_##set_name] = {                                                                  \
		.name = #set_name,                                                                 \
		.flags = set_name##_values,                                                        \
		.n = ARRAY_SIZE(set_name##_values),                                                \
	},
#define FLAG(set, id, name, value, native)
#define END
#include "tables/flag_sets.def"
#undef FLAG_SET
#undef FLAG
#undef END
};

const struct flag_set *flag_set(struct str name)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_set_table); i++)
		if (str_eq(str_from(flag_set_table[i].name), name))
			return &flag_set_table[i];
	return NULL;
}

#define DYNAMIC_SET(set_name) static const struct dynamic_type set_name##_types[] = {
#define DYNAMIC(type_id, value, format)                                                            \
	{ .id = #type_id, .type = TYPE_##value, .print = PRINT_##format },
#define END                                                                                        \
	}                                                                                          \
	;
#include "tables/dynamic.def"
#undef DYNAMIC_SET
#undef DYNAMIC
#undef END

const struct dynamic_set dynamic_set_table[] = {
#define DYNAMIC_SET(set_name)                                                                      \
	[DYNAMIC_SET_##set_name] = {                                                               \
		.name = #set_name,                                                                 \
		.types = set_name##_types,                                                         \
		.n = ARRAY_SIZE(set_name##_types),                                                 \
	},
#define DYNAMIC(id, type, print)
#define END
#include "tables/dynamic.def"
#undef DYNAMIC_SET
#undef DYNAMIC
#undef END
};
