package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eddy-pde/eddy/internal/atomicfile"
)

// shells are those that completion knows, with how to load it.
var shells = []struct {
	name, load string
	write      func(root *cobra.Command, w io.Writer) error
}{
	{"bash", "eddy completion bash > /etc/bash_completion.d/eddy    or  source <(eddy completion bash)", func(r *cobra.Command, w io.Writer) error { return r.GenBashCompletionV2(w, true) }},
	{"zsh", "eddy completion zsh > \"${fpath[1]}/_eddy\"", func(r *cobra.Command, w io.Writer) error { return r.GenZshCompletion(w) }},
	{"fish", "eddy completion fish > ~/.config/fish/completions/eddy.fish", func(r *cobra.Command, w io.Writer) error { return r.GenFishCompletion(w, true) }},
	{"powershell", "eddy completion powershell | Out-String | Invoke-Expression", func(r *cobra.Command, w io.Writer) error { return r.GenPowerShellCompletionWithDesc(w) }},
}

func (a *app) completion() *cobra.Command {
	var names, loads []string
	for _, s := range shells {
		names = append(names, s.name)
		loads = append(loads, fmt.Sprintf("  %-12s%s", s.name, s.load))
	}
	return &cobra.Command{
		Use:   "completion " + strings.Join(names, "|"),
		Short: "print a script that completes commands and flags in a shell",
		Long: `Completion prints a script that makes a shell complete eddy's commands, flags and file names when the tab key is pressed. To load it:

` + strings.Join(loads, "\n"),
		Example:   "  source <(eddy completion bash)",
		ValidArgs: names,
		Args:      exactly(strings.Join(names, "|")),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, s := range shells {
				if s.name == args[0] {
					return s.write(cmd.Root(), a.out)
				}
			}
			return usagef("completion: %q, expected one of %s", args[0], strings.Join(names, ", "))
		},
	}
}

func (a *app) man() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "man --out DIR",
		Short: "write manual pages",
		Long: `Man writes a manual page for eddy and one for each of its commands, eddy.1, eddy-train.1 and so on, to DIR. man -l reads one where it is; in a folder man1 of
one of the folders that manpath prints, man eddy-train finds it.`,
		Example: `  eddy man --out ~/.local/share/man/man1
  man eddy-train`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("man: %q, expected no arguments (usage: %s)", args[0], cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := required(cmd, "out"); err != nil {
				return err
			}
			return a.writeManual(cmd.Root(), out)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`DIR` to write to")
	return cmd
}

// writeManual writes the pages of root and its commands.
func (a *app) writeManual(root *cobra.Command, dir string) error {
	pages := []*cobra.Command{root}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			pages = append(pages, c)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, c := range pages {
		path := filepath.Join(dir, manName(c)+".1")
		if err := atomicfile.Write(path, []byte(manPage(c))); err != nil {
			return err
		}
		fmt.Fprintln(a.out, path)
	}
	return nil
}

// manWidth is how many letters a line of a manual page has for the list of options.
const manWidth = 72

// manName is the name of a command's page.
func manName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage is the manual page of a command in the macros of man(7).
func manPage(c *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %q 1 \"\" \"eddy\" \"eddy manual\"\n", strings.ToUpper(manName(c)))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(manName(c)), roff(c.Short))
	use := c.UseLine()
	if c.HasAvailableSubCommands() {
		use = c.CommandPath() + " COMMAND"
	}
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(use))
	b.WriteString(".SH DESCRIPTION\n")
	long := c.Long
	if long == "" {
		long = c.Short
	}
	manText(&b, long)
	if c.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, s := range c.Commands() {
			if s.IsAvailableCommand() {
				fmt.Fprintf(&b, ".TP\n.BR %s (1)\n%s\n", roff(manName(s)), roff(s.Short))
			}
		}
	}
	manFlags(&b, "OPTIONS", c.LocalFlags().FlagUsagesWrapped(manWidth))
	manFlags(&b, "OPTIONS OF ALL COMMANDS", c.InheritedFlags().FlagUsagesWrapped(manWidth))
	if c.Example != "" {
		b.WriteString(".SH EXAMPLES\n.nf\n" + roff(c.Example) + "\n.fi\n")
	}
	if c.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n.BR %s (1)\n", roff(manName(c.Parent())))
	}
	return b.String()
}

// manText writes paragraphs; lines that are indented stay as they are.
func manText(b *strings.Builder, text string) {
	literal := false
	set := func(on bool) {
		if on != literal {
			b.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[on])
			literal = on
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line == "" {
			set(false)
			b.WriteString(".PP\n")
			continue
		}
		set(strings.HasPrefix(line, " "))
		b.WriteString(roff(line) + "\n")
	}
	set(false)
}

// manFlags lists flags as help does.
func manFlags(b *strings.Builder, title, usages string) {
	if usages != "" {
		fmt.Fprintf(b, ".SH %s\n.nf\n%s.fi\n", title, roff(usages))
	}
}

// roff escapes what the formatter would take for a request or an escape.
func roff(s string) string {
	s = strings.ReplaceAll(s, "\\", "\\e")
	s = strings.ReplaceAll(s, "-", "\\-")
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = "\\&" + l
		}
	}
	return strings.Join(lines, "\n")
}
