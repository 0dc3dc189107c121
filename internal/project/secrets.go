package project

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// expand replaces ${NAME} by the environment's value and ${file:/path} by a file's content without the line end behind
// it; $${ stands for ${. Errors name the variable or file and never hold a value.
func (l *loader) expand(text string) (string, error) {
	var b strings.Builder
	for {
		at := strings.Index(text, "${")
		if at < 0 {
			b.WriteString(text)
			return b.String(), nil
		}
		if at > 0 && text[at-1] == '$' {
			b.WriteString(text[:at-1] + "${")
			text = text[at+2:]
			continue
		}
		name, rest, closed := strings.Cut(text[at+2:], "}")
		if !closed {
			return "", errors.New(`"${" is not closed by "}"`)
		}
		value, err := l.secret(name)
		if err != nil {
			return "", err
		}
		b.WriteString(text[:at] + value)
		text = rest
	}
}

func (l *loader) secret(name string) (string, error) {
	if path, ok := strings.CutPrefix(name, "file:"); ok {
		if !filepath.IsAbs(path) {
			return "", fmt.Errorf("secret file %q has no absolute path: secrets stay outside the workspace", path)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("secret file cannot be read: %w", err)
		}
		return strings.TrimRight(string(content), "\r\n"), nil
	}
	if value, ok := l.opts.Getenv(name); ok {
		return value, nil
	}
	return "", fmt.Errorf("the environment variable %s is not set", name)
}

// secretText reads a scalar and expands it; "" when it is absent or cannot be expanded.
func (l *loader) secretText(m *mapping, key string) string {
	text := m.text(key)
	value, err := l.expand(text)
	if err != nil {
		m.doc.problem(m.get(key), fmt.Sprintf("%s: %s", key, err), secretHint(err))
		return ""
	}
	if text != "" && value == "" {
		m.doc.problem(m.get(key), fmt.Sprintf("%s: %s is empty", key, text), "give the variable or file a value")
	}
	return value
}

func secretHint(err error) string {
	if strings.HasPrefix(err.Error(), "the environment variable") {
		return "set it before hosu starts, or write ${file:/path/to/secret}"
	}
	return ""
}
