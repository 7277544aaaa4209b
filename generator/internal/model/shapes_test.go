package model

// The types in this file are read twice: by encoding/json, and as source by
// TestFieldsLikeJSON, which checks that both see the same fields. So the file
// imports nothing.

type shapePlain struct {
	A int
	B string `json:"b"`
	C bool   `json:"-"`
	D bool   `json:"-,"`
	e int
	F int    `json:",omitempty"`
	G string `json:"with space"`
	H int    `json:"bad\"key"`
	I int    `other:"x"`
}

type shapeInner struct {
	A     int
	Inner int
	Both  int
	x     int
}

type shapeOther struct {
	Both  int
	Other int `json:"A"`
}

type shapeDeep struct {
	shapeInner
	Deep int
}

type shapePromoted struct {
	shapeInner
	Inner string
}

type shapeConflict struct {
	shapeInner
	*ShapeExported
	shapeOther
}

type ShapeExported struct {
	Both     int
	Exported int
}

type shapeTagged struct {
	shapeDeep `json:"deep"`
	shapeInner
	*ShapeExported `json:"exported"`
}

type shapeTagWins struct {
	shapeTagWinsA
	shapeTagWinsB
}

type shapeTagWinsA struct{ Name int }

type shapeTagWinsB struct {
	Tagged int `json:"Name"`
}

type shapeScalar struct {
	ShapeInt
	shapeInt
	*ShapePointer
}

type ShapeInt int

type shapeInt int

type ShapePointer struct{ P int }

type shapeSelf struct {
	*ShapeSelf
	Own int
}

type ShapeSelf struct {
	*ShapeSelf
	Other int
}

var shapes = map[string]any{
	"shapePlain":    shapePlain{e: 0, F: 1},
	"shapeDeep":     shapeDeep{shapeInner: shapeInner{x: 0}},
	"shapePromoted": shapePromoted{},
	"shapeConflict": shapeConflict{ShapeExported: &ShapeExported{}},
	"shapeTagged":   shapeTagged{},
	"shapeTagWins":  shapeTagWins{},
	"shapeScalar":   shapeScalar{ShapePointer: &ShapePointer{}, shapeInt: 0},
	"shapeSelf":     shapeSelf{ShapeSelf: &ShapeSelf{}},
}
