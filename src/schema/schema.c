/* SPDX-License-Identifier: Apache-2.0 */
#include "schema/schema.h"

#include "base/limits.h"
#include "internal.h"

/* WIDTH_UINT32 = 4, WIDTH_INT32 = -4, ...; 0: no integer. */
enum {
#define TYPE(id, number, size, kind, help)                                                         \
	WIDTH_##id = KIND_##kind == KIND_SIGNED                                 ? -(size)          \
		     : KIND_##kind == KIND_UNSIGNED || KIND_##kind == KIND_BOOL ? (size)           \
										: 0,
#include "tables/types.def"
#undef TYPE
};

#define DETAIL_NONE             .dirfd = -1
#define DETAIL_FLAGS(set)       .flags = &flag_set_table[FLAG_SET_##set], .dirfd = -1
#define DETAIL_DYNAMIC(set)     .dynamic = &dynamic_set_table[DYNAMIC_SET_##set], .dirfd = -1
#define DETAIL_DIRFD(parameter) .dirfd = (parameter)

#define EVENT(number, event_id, event_name, categories, bits)                                      \
	static const struct param_info event_id##_params[] = {
#define PARAM(event, param_id, param_name, value, format, detail)                                  \
	{ .name = { (param_name), sizeof(param_name) - 1 },                                        \
	  .type = TYPE_##value,                                                                    \
	  .print = PRINT_##format,                                                                 \
	  .width = WIDTH_##value,                                                                  \
	  DETAIL_##detail },
#define END                                                                                        \
	}                                                                                          \
	;
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END

const struct event_info event_table[EVENT_SLOTS + 1] = {
#define EVENT(number, id, event_name, categories, bits)                                            \
	[EVENT_SLOT(number)] = {                                                                   \
		.name = { (event_name), sizeof(event_name) - 1 },                                  \
		.category = (categories),                                                          \
		.flags = (bits),                                                                   \
		.nparams = ARRAY_SIZE(id##_params),                                                \
		.length_size = (bits)&EVENT_FLAG_LARGE_PAYLOAD ? 4 : 2,                            \
		.exists = true,                                                                    \
		.params = id##_params,                                                             \
	},
#define PARAM(event, id, name, type, print, detail)
#define END
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END
};

#define EVENT(number, id, name, category, flags)                                                   \
	_Static_assert((number) < EVENT_FILE_TYPES || (number) >= EVENT_OWN_FIRST,                 \
		       "the file's event numbers have a gap before " name);                        \
	_Static_assert(ARRAY_SIZE(id##_params) <= LIMIT_EVENT_PARAMS, "too many parameters: " name);
#define PARAM(event, id, name, type, print, detail)
#define END
#include "tables/events.def"
#undef EVENT
#undef PARAM
#undef END

const struct event_info *event_info(unsigned type)
{
	return event_table_at(type);
}

unsigned type_size(enum value_type type)
{
	static const uint8_t sizes[] = {
#define TYPE(id, number, size, kind, help) [TYPE_##id] = (size),
#include "tables/types.def"
#undef TYPE
	};

	return type < ARRAY_SIZE(sizes) ? sizes[type] : 0;
}

enum type_kind type_kind(enum value_type type)
{
	static const uint8_t kinds[] = {
#define TYPE(id, number, size, kind, help) [TYPE_##id] = KIND_##kind,
#include "tables/types.def"
#undef TYPE
	};

	return type < ARRAY_SIZE(kinds) ? (enum type_kind)kinds[type] : KIND_NONE;
}

const char *type_name(enum value_type type)
{
	static const char *const names[] = {
#define TYPE(id, number, size, kind, help) [TYPE_##id] = #id,
#include "tables/types.def"
#undef TYPE
	};

	return type < ARRAY_SIZE(names) ? names[type] : "";
}

int event_param_index(unsigned type, struct str name)
{
	const struct event_info *info = event_table_at(type);

	for (int i = 0; i < info->nparams; i++)
		if (str_eq(info->params[i].name, name))
			return i;
	return -1;
}

bool event_name_exists(struct str name)
{
	for (unsigned i = 0; i < EVENT_FILE_TYPES; i++)
		if (!(event_table[i].flags & EVENT_FLAG_UNUSED) &&
		    str_eq(event_table[i].name, name))
			return true;
	return syscall_from_name(name) >= 0;
}
