// Package configs contains the configuration files of this folder.
package configs

import "embed"

// Files are the configuration files by their paths below this folder.
//
//go:embed *.yaml paper/*.yaml beyond/*.yaml conv/*.yaml
var Files embed.FS
