/* SPDX-License-Identifier: Apache-2.0 */
#include "field/field.h"

#include "internal.h"

/*
 * Which facts of the bare event a field's value comes from. What is said here is what the
 * extractors do; a field that is not mentioned comes from elsewhere.
 */

static bool is_text(enum value_type type)
{
	return type == TYPE_CHARBUF || type == TYPE_FSPATH || type == TYPE_FSRELPATH;
}

/* As text: numbers that stand for something the state knows (a descriptor, a user) are left out. */
static enum origin_kind shown_kind(const struct param_info *p)
{
	switch ((int)p->type) {
	case TYPE_CHARBUF:
		return ORIGIN_TEXT;
	case TYPE_FSPATH:
	case TYPE_FSRELPATH:
		return ORIGIN_PATH;
	case TYPE_FLAGS8:
	case TYPE_FLAGS16:
	case TYPE_FLAGS32:
	case TYPE_MODE:
		return p->flags ? ORIGIN_FLAGS : ORIGIN_ELSEWHERE;
	case TYPE_ENUMFLAGS8:
	case TYPE_ENUMFLAGS16:
	case TYPE_ENUMFLAGS32:
	case TYPE_SIGTYPE:
	case TYPE_ERRNO:
	case TYPE_INT8:
	case TYPE_INT16:
	case TYPE_INT32:
	case TYPE_INT64:
	case TYPE_UINT8:
	case TYPE_UINT16:
	case TYPE_UINT32:
	case TYPE_UINT64:
		return ORIGIN_NAME;
	default:
		return ORIGIN_ELSEWHERE;
	}
}

static struct field_origin param_origin(const struct field_ref *ref, unsigned type)
{
	const struct event_info *info = event_info(type);
	const int param = ref->has_index ? (int)ref->index : event_param_index(type, ref->key);
	const struct param_info *p;
	struct field_origin o = { .kind = ORIGIN_ABSENT };

	if (param < 0 || param >= info->nparams)
		return o;
	o.param = (uint8_t)param;
	o.kind = ORIGIN_ELSEWHERE;
	p = &info->params[param];
	if (ref->id == FIELD_EVT_ARG)
		o.kind = shown_kind(p);
	else if (is_text(p->type))
		o.kind = ORIGIN_TEXT;
	else if (p->width)
		o.kind = ORIGIN_NUMBER;
	return o;
}

/* The only descriptor a call works on is a parameter; one that it makes is its result. */
static struct field_origin fd_num_origin(unsigned type)
{
	const struct event_info *info = event_info(type);
	const enum state_interest interest = state_interest(type);

	if (!(info->flags & (EVENT_FLAG_CREATES_FD | EVENT_FLAG_USES_FD | EVENT_FLAG_DESTROYS_FD)))
		return (struct field_origin){ .kind = ORIGIN_ABSENT };
	if (!(info->flags & EVENT_FLAG_USES_FD) && info->flags & EVENT_FLAG_CREATES_FD)
		return (struct field_origin){ .kind = ORIGIN_FD_MADE, .may_lack = true };
	if (info->flags & EVENT_FLAG_USES_FD &&
	    (interest == STATE_IGNORES || interest == STATE_MARKS))
		for (uint8_t i = 1; i < info->nparams; i++)
			if (info->params[i].type == TYPE_FD)
				return (struct field_origin){ .kind = ORIGIN_NUMBER,
							      .param = i,
							      .may_lack = true };
	return (struct field_origin){ .kind = ORIGIN_ELSEWHERE };
}

/* The result as it was; of the few that have four bytes the first is an id, and reads as signed. */
static bool has_result(unsigned type)
{
	const struct event_info *info = event_info(type);
	const int width = info->nparams ? info->params[0].width : 0;

	return type != EVENT_GENERIC_X && info->category & CATEGORY_SYSCALL &&
	       (width == -8 || width == 8);
}

static struct field_origin of_result(unsigned type, enum origin_kind kind)
{
	return (struct field_origin){ .kind = has_result(type) ? kind : ORIGIN_ELSEWHERE };
}

static struct field_origin category_origin(unsigned type)
{
	const unsigned class = CATEGORY_CLASS(event_info(type)->category);

	if (class == CATEGORY_IO_READ || class == CATEGORY_IO_WRITE || class == CATEGORY_IO_OTHER)
		return (struct field_origin){ .kind = ORIGIN_ELSEWHERE };
	return (struct field_origin){ .kind = ORIGIN_TYPE };
}

struct field_origin field_origin(const struct field_ref *ref, unsigned type)
{
	const struct event_info *info = event_info(type);

	if (!info->exists || !event_is_exit(type))
		return (struct field_origin){ .kind = ORIGIN_ELSEWHERE };
	switch ((int)ref->id) {
	case FIELD_EVT_TYPE:
	case FIELD_SYSCALL_TYPE:
	case FIELD_EVT_TYPE_IS:
	case FIELD_EVT_DIR:
	case FIELD_EVT_SOURCE:
	case FIELD_EVT_IS_ASYNC:
	case FIELD_EVT_ASYNCTYPE:
	case FIELD_EVT_IS_IO:
	case FIELD_EVT_IS_IO_READ:
	case FIELD_EVT_IS_IO_WRITE:
	case FIELD_EVT_IO_DIR:
	case FIELD_EVT_IS_WAIT:
	case FIELD_EVT_COUNT:
	case FIELD_EVT_COUNT_EXIT:
		return (struct field_origin){ .kind = ORIGIN_TYPE };
	case FIELD_EVT_CATEGORY:
		return category_origin(type);
	case FIELD_EVT_RES:
		return of_result(type, ORIGIN_RESULT);
	case FIELD_EVT_RAWRES:
		return of_result(type, ORIGIN_NUMBER);
	case FIELD_EVT_FAILED:
	case FIELD_EVT_COUNT_ERROR:
		return of_result(type, ORIGIN_SIGN);
	case FIELD_EVT_ARG:
	case FIELD_EVT_RAWARG:
		return param_origin(ref, type);
	case FIELD_EVT_IS_OPEN_READ:
	case FIELD_EVT_IS_OPEN_WRITE:
		return is_open_origin(ref, type);
	case FIELD_FD_NUM:
		return fd_num_origin(type);
	case FIELD_FS_PATH_NAME:
	case FIELD_FS_PATH_NAMERAW:
	case FIELD_FS_PATH_SOURCE:
	case FIELD_FS_PATH_SOURCERAW:
	case FIELD_FS_PATH_TARGET:
	case FIELD_FS_PATH_TARGETRAW:
		return fs_path_origin(ref, type);
	default:
		break;
	}
	if (strcmp(field_info(ref->id)->class, "fd") == 0 &&
	    !(info->flags & (EVENT_FLAG_CREATES_FD | EVENT_FLAG_USES_FD | EVENT_FLAG_DESTROYS_FD)))
		return (struct field_origin){ .kind = ORIGIN_ABSENT };
	return (struct field_origin){ .kind = ORIGIN_ELSEWHERE };
}
