package metric

import (
	"math/big"
	"slices"

	"github.com/hosu-io/hosu/internal/project"
)

// node is an arithmetic expression over metrics.
type node interface {
	// metrics visits the metrics named, in order.
	metrics(visit func(*Metric))
	// sql writes the expression, given how a metric is written.
	sql(of func(*Metric) string) string
	// additive says whether the values of parts add up to that of the whole.
	additive() bool
}

type number string // a decimal, as written

type operand struct{ *Metric }

type negation struct{ of node }

type operation struct {
	operator    byte // + - * /
	left, right node
}

func (number) metrics(func(*Metric))            {}
func (o operand) metrics(visit func(*Metric))   { visit(o.Metric) }
func (n negation) metrics(visit func(*Metric))  { n.of.metrics(visit) }
func (o operation) metrics(visit func(*Metric)) { o.left.metrics(visit); o.right.metrics(visit) }

func (number) additive() bool     { return false } // 1 + 1 days are not 1 more
func (o operand) additive() bool  { return o.Metric.additive() }
func (n negation) additive() bool { return n.of.additive() }

func (o operation) additive() bool {
	_, left := o.left.(number)
	_, right := o.right.(number)
	switch o.operator {
	case '+', '-':
		return o.left.additive() && o.right.additive()
	case '*':
		return left && o.right.additive() || right && o.left.additive()
	default:
		return right && o.left.additive()
	}
}

func (n number) sql(func(*Metric) string) string { return string(n) }

func (o operand) sql(of func(*Metric) string) string {
	if o.Kind == Expression {
		return "(" + o.def.expression.sql(of) + ")"
	}
	return of(o.Metric)
}

func (n negation) sql(of func(*Metric) string) string { return "-" + parenthesized(n.of, of) }

// Sums and differences stay exact. Products and quotients are computed in floating point: those of decimals would need
// more digits than there are. Division by zero is NULL.
func (o operation) sql(of func(*Metric) string) string {
	switch o.operator {
	case '+', '-':
		return o.left.sql(of) + " " + string(o.operator) + " " + parenthesized(o.right, of)
	case '*':
		return double(o.left, of) + " * " + double(o.right, of)
	default:
		return double(o.left, of) + " / nullif(" + double(o.right, of) + ", 0)"
	}
}

func double(n node, of func(*Metric) string) string { return "CAST(" + n.sql(of) + " AS DOUBLE)" }

func parenthesized(n node, of func(*Metric) string) string {
	if _, is := n.(operation); is {
		return "(" + n.sql(of) + ")"
	}
	if _, is := n.(negation); is {
		return "(" + n.sql(of) + ")"
	}
	return n.sql(of)
}

// parseExpression reads the text of an expression metric; nil and a problem when it is wrong.
func (l *loader) parseExpression(text project.Text) node {
	p := &expressionParser{loader: l, text: text, tokens: text.Tokens()}
	n := p.sum()
	if !p.failed && p.at < len(p.tokens) {
		p.fail("expected one of + - * /")
	}
	if p.failed {
		return number("0")
	}
	return n
}

// expressionParser reads
//
//	sum     = product { ("+" | "-") product }
//	product = factor { ("*" | "/") factor }
//	factor  = "-" factor | "(" sum ")" | number | metric
type expressionParser struct {
	*loader
	text   project.Text
	tokens []project.Token
	at     int
	failed bool
}

// peek is the next token; "" at the end.
func (p *expressionParser) peek() string {
	if p.at >= len(p.tokens) {
		return ""
	}
	return p.text.Value[p.tokens[p.at].Start:p.tokens[p.at].End]
}

func (p *expressionParser) fail(hint string) {
	if p.failed {
		return
	}
	p.failed = true
	if p.at >= len(p.tokens) {
		p.problem(p.text.Pos(), hint, "the expression %q ends too early", p.text.Value)
		return
	}
	p.problem(p.text.At(p.tokens[p.at].Start), hint, "the expression cannot be read at %q", p.peek())
}

func (p *expressionParser) sum() node {
	n := p.product()
	for !p.failed && (p.peek() == "+" || p.peek() == "-") {
		operator := p.peek()[0]
		p.at++
		n = operation{operator, n, p.product()}
	}
	return n
}

func (p *expressionParser) product() node {
	n := p.factor()
	for !p.failed && (p.peek() == "*" || p.peek() == "/") {
		operator := p.peek()[0]
		p.at++
		n = operation{operator, n, p.factor()}
	}
	return n
}

func (p *expressionParser) factor() node {
	token := p.peek()
	switch {
	case token == "-":
		p.at++
		return negation{p.factor()}
	case token == "(":
		p.at++
		n := p.sum()
		if !p.failed && p.peek() != ")" {
			p.fail(`expected ")"`)
		}
		p.at++
		return n
	case token != "" && (token[0] >= '0' && token[0] <= '9' || token == "."):
		return p.number()
	case isName(token):
		return p.metric(token)
	}
	p.fail("expected a metric, a number or parentheses")
	return number("0")
}

// number joins the tokens of a decimal: digits, a point, digits.
func (p *expressionParser) number() node {
	first := p.at
	start := p.tokens[first].Start
	end := start
	for p.at < len(p.tokens) && p.tokens[p.at].Start == end && (isDigits(p.peek()) || p.peek() == ".") {
		end = p.tokens[p.at].End
		p.at++
	}
	text := p.text.Value[start:end]
	if _, ok := new(big.Rat).SetString(text); !ok {
		p.at = first
		p.fail("expected a number such as 100 or 0.5")
	}
	return number(text)
}

func isDigits(s string) bool {
	return s != "" && !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < '0' || c > '9' })
}

func (p *expressionParser) metric(name string) node {
	if p.at++; p.peek() == "(" {
		p.at--
		p.fail("expected arithmetic with + - * / over metrics; functions belong into the value of a metric")
		return number("0")
	}
	p.at--
	m := p.set.byName[name]
	if m == nil {
		var known []string
		for _, other := range p.set.metrics {
			known = append(known, other.Name)
		}
		p.problem(p.text.At(p.tokens[p.at].Start), choice(name, known), "there is no metric %q", name)
		p.failed = true
		return number("0")
	}
	p.at++
	return operand{m}
}
