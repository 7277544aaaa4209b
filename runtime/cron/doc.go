// Package cron turns cron text into times: when an expression fires next, and
// when it fired last.
//
// It is a pure package. It starts no goroutine, reads no clock and keeps no
// state; every result follows from the text, the seed and the time passed in.
//
// # Expressions
//
// An expression has 5 fields, or 6 with seconds first, parted by spaces or
// tabs. Letters may be of either case.
//
//	field         values           special
//	second        0-59             * ? , - / H
//	minute        0-59             * ? , - / H
//	hour          0-23             * ? , - / H
//	day of month  1-31             * ? , - / H L W
//	month         1-12 or JAN-DEC  * ? , - / H
//	day of week   0-7 or SUN-SAT   * ? , - / H L #
//
// Both 0 and 7 are Sunday, and ? means the same as *. A range may run
// backwards and then wraps: 22-2 is 22, 23, 0, 1, 2. A step counts from the
// start of its range, so */25 in the minute field is 0, 25 and 50.
//
// In day of month, L is the last day, L-3 three days before it, 15W the
// weekday (Monday to Friday) nearest to the 15th, LW the last weekday and
// L-3W the weekday nearest to L-3. W never leaves the month. In day of week,
// FRIL and 5L are the last Friday of the month and MON#2 is the second Monday.
//
// When both day fields are restricted, both must match: "0 0 13 * FRI" is
// Friday the 13th. (Classic Unix cron fires when either matches.)
//
// H stands alone or with a step, as in H or H/15, and takes a value derived
// from the seed given to [ParseSeed]. It spreads jobs that share a schedule.
//
// The macros are @every_second, @every_minute, @hourly, @daily, @midnight,
// @weekly, @monthly, @yearly and @annually.
//
// # Time zones and clock changes
//
// A schedule has no zone of its own: the zone is that of the time passed to
// [Schedule.Next] or [Schedule.Prev]. Where the zone's clock is changed:
//
//   - Clock set forward: an occurrence in the skipped time moves to the first
//     valid instant after it. Several of them become one.
//   - Clock set back: an interval expression fires in both passes of the
//     repeated time, any other only in the first. An interval expression has
//     *, a range or a step in its second, minute or hour field.
//
// Next and Prev walk the same set of instants in opposite directions.
//
// The rules are those of HangfireIO/Cronos. Two differ from it. Prev reports
// an occurrence in skipped time at the instant at which Next fires it; Cronos
// moves it to the second before the change. And a macro means exactly its
// expansion even when there is a seed.
package cron
