package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hosu-io/hosu/internal/query/render"
)

// The groups in which the help of hosu lists its commands.
const (
	groupBegin = "begin"
	groupWork  = "work"
	groupLook  = "look"
)

func addGroups(root *cobra.Command, groups map[string][]*cobra.Command) {
	for _, g := range []cobra.Group{{ID: groupBegin, Title: "Begin:"}, {ID: groupWork, Title: "Work:"}, {ID: groupLook, Title: "Look:"}} {
		root.AddGroup(&g)
		for _, cmd := range groups[g.ID] {
			cmd.GroupID = g.ID
			root.AddCommand(cmd)
		}
	}
}

// helpCommand is cobra's, but for a command that does not exist: that is a misuse.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return misuse{fmt.Errorf("there is no command %q\nSee: hosu --help", strings.Join(args, " "))}
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

func allCommands(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, child := range cmd.Commands() {
		all = append(all, allCommands(child)...)
	}
	return all
}

// strict makes wrong arguments and formats a misuse, and a group without a command say what it has.
func strict(cmd *cobra.Command) {
	cmd.DisableFlagsInUseLine = true
	if cmd.HasSubCommands() {
		cmd.Args = unknownCommand
		cmd.SuggestionsMinimumDistance = 2
		if cmd.RunE == nil {
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
		return
	}
	if cmd.Args != nil {
		check := cmd.Args
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check(cmd, args) == nil {
				return nil
			}
			return misuse{fmt.Errorf("%s: %s\nUsage: %s\nSee: %s --help", cmd.CommandPath(), wrongArguments(cmd, args), cmd.UseLine(), cmd.CommandPath())}
		}
	}
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	message := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		message += fmt.Sprintf("; did you mean %q?", near[0])
	}
	return misuse{errors.New(message + "\nSee: " + cmd.CommandPath() + " --help")}
}

// wrongArguments says what a command was given too much or too little of. What it wants is in its Use.
func wrongArguments(cmd *cobra.Command, args []string) string {
	wants := strings.Fields(cmd.Use)[1:]
	switch {
	case len(wants) == 0:
		return fmt.Sprintf("it takes no arguments, and was given %q", args[0])
	case len(args) == 0:
		return "it wants " + strings.TrimSuffix(wants[0], "...")
	default:
		quoted := make([]string, len(args))
		for i, arg := range args {
			quoted[i] = fmt.Sprintf("%q", arg)
		}
		return fmt.Sprintf("it wants one %s, and was given %d: %s", strings.Trim(wants[0], "[]"), len(args), strings.Join(quoted, ", "))
	}
}

// checkFormat refuses a format that the command does not have, before anything is done.
func (c *cli) checkFormat(cmd *cobra.Command) error {
	known := []string{string(render.Table), string(render.JSON), string(render.CSV)}
	if cmd.Name() == "query" {
		known = append(known, string(render.Parquet), string(render.Arrow))
	}
	if c.format = strings.ToLower(c.format); !slices.Contains(known, c.format) {
		last := len(known) - 1
		return misuse{fmt.Errorf("-o %s: %s prints %s or %s", c.format, cmd.CommandPath(), strings.Join(known[:last], ", "), known[last])}
	}
	return nil
}
