package html

import g "maragu.dev/gomponents"

// The elements. Title is the attribute, TitleEl the element.
//
//revive:disable:exported

func A(c ...g.Node) g.Node        { return El("a", c...) }
func Body(c ...g.Node) g.Node     { return El("body", c...) }
func Button(c ...g.Node) g.Node   { return El("button", c...) }
func Caption(c ...g.Node) g.Node  { return El("caption", c...) }
func Code(c ...g.Node) g.Node     { return El("code", c...) }
func DataList(c ...g.Node) g.Node { return El("datalist", c...) }
func Dd(c ...g.Node) g.Node       { return El("dd", c...) }
func Details(c ...g.Node) g.Node  { return El("details", c...) }
func Div(c ...g.Node) g.Node      { return El("div", c...) }
func Dl(c ...g.Node) g.Node       { return El("dl", c...) }
func Dt(c ...g.Node) g.Node       { return El("dt", c...) }
func Form(c ...g.Node) g.Node     { return El("form", c...) }
func H1(c ...g.Node) g.Node       { return El("h1", c...) }
func H2(c ...g.Node) g.Node       { return El("h2", c...) }
func H3(c ...g.Node) g.Node       { return El("h3", c...) }
func HTML(c ...g.Node) g.Node     { return El("html", c...) }
func Head(c ...g.Node) g.Node     { return El("head", c...) }
func Header(c ...g.Node) g.Node   { return El("header", c...) }
func Input(c ...g.Node) g.Node    { return El("input", c...) }
func Label(c ...g.Node) g.Node    { return El("label", c...) }
func Li(c ...g.Node) g.Node       { return El("li", c...) }
func Link(c ...g.Node) g.Node     { return El("link", c...) }
func Main(c ...g.Node) g.Node     { return El("main", c...) }
func Meta(c ...g.Node) g.Node     { return El("meta", c...) }
func Nav(c ...g.Node) g.Node      { return El("nav", c...) }
func NoScript(c ...g.Node) g.Node { return El("noscript", c...) }
func Ol(c ...g.Node) g.Node       { return El("ol", c...) }
func Option(c ...g.Node) g.Node   { return El("option", c...) }
func P(c ...g.Node) g.Node        { return El("p", c...) }
func Pre(c ...g.Node) g.Node      { return El("pre", c...) }
func Progress(c ...g.Node) g.Node { return El("progress", c...) }
func SVG(c ...g.Node) g.Node      { return El("svg", c...) }
func Script(c ...g.Node) g.Node   { return El("script", c...) }
func Section(c ...g.Node) g.Node  { return El("section", c...) }
func Span(c ...g.Node) g.Node     { return El("span", c...) }
func Strong(c ...g.Node) g.Node   { return El("strong", c...) }
func Summary(c ...g.Node) g.Node  { return El("summary", c...) }
func TBody(c ...g.Node) g.Node    { return El("tbody", c...) }
func THead(c ...g.Node) g.Node    { return El("thead", c...) }
func Table(c ...g.Node) g.Node    { return El("table", c...) }
func Td(c ...g.Node) g.Node       { return El("td", c...) }
func Th(c ...g.Node) g.Node       { return El("th", c...) }
func Time(c ...g.Node) g.Node     { return El("time", c...) }
func TitleEl(c ...g.Node) g.Node  { return El("title", c...) }
func Tr(c ...g.Node) g.Node       { return El("tr", c...) }
func Ul(c ...g.Node) g.Node       { return El("ul", c...) }
func Wbr(c ...g.Node) g.Node      { return El("wbr", c...) }
