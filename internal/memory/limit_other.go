//go:build !unix

package memory

// ofAddressSpace returns Unlimited: there is no such limit here.
func ofAddressSpace() int64 { return Unlimited }
