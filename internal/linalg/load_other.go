//go:build !((linux || darwin) && (amd64 || arm64)) || static

package linalg

import (
	"fmt"
	"runtime"
)

func load(path string) (Backend, error) {
	return Backend{}, fmt.Errorf("%s: cannot load libraries on %s/%s",
		path, runtime.GOOS, runtime.GOARCH)
}
