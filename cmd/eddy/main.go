// Command eddy trains neural surrogates of partial differential equations, rolls them out and evaluates them. See eddy --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/eddy-pde/eddy/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	self, _ := os.Executable()
	code := cli.RunWithContext(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, cli.WithSelf(self))
	os.Exit(code)
}
