package html

import g "maragu.dev/gomponents"

// The attributes.
//
//revive:disable:exported

func Action(v string) g.Node       { return Attr("action", v) }
func AutoComplete(v string) g.Node { return Attr("autocomplete", v) }
func Charset(v string) g.Node      { return Attr("charset", v) }
func Class(v string) g.Node        { return Attr("class", v) }
func ColSpan(v string) g.Node      { return Attr("colspan", v) }
func Content(v string) g.Node      { return Attr("content", v) }
func DateTime(v string) g.Node     { return Attr("datetime", v) }
func Download(v string) g.Node     { return Attr("download", v) }
func Height(v string) g.Node       { return Attr("height", v) }
func Href(v string) g.Node         { return Attr("href", v) }
func ID(v string) g.Node           { return Attr("id", v) }
func Lang(v string) g.Node         { return Attr("lang", v) }
func List(v string) g.Node         { return Attr("list", v) }
func Max(v string) g.Node          { return Attr("max", v) }
func MaxLength(v string) g.Node    { return Attr("maxlength", v) }
func Method(v string) g.Node       { return Attr("method", v) }
func Name(v string) g.Node         { return Attr("name", v) }
func Placeholder(v string) g.Node  { return Attr("placeholder", v) }
func Rel(v string) g.Node          { return Attr("rel", v) }
func Role(v string) g.Node         { return Attr("role", v) }
func Scope(v string) g.Node        { return Attr("scope", v) }
func Src(v string) g.Node          { return Attr("src", v) }
func TabIndex(v string) g.Node     { return Attr("tabindex", v) }
func Title(v string) g.Node        { return Attr("title", v) }
func Type(v string) g.Node         { return Attr("type", v) }
func Value(v string) g.Node        { return Attr("value", v) }
func Width(v string) g.Node        { return Attr("width", v) }
func Checked() g.Node              { return Flag("checked") }
func Defer() g.Node                { return Flag("defer") }
