//go:build !unix

package memory

// ofAddressSpace returns Unlimited: this system has no such limit.
func ofAddressSpace() int64 { return Unlimited }
