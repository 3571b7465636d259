// Package memory tells how much memory a process may still take, so that what does not fit can be
// refused by an error: the Go runtime ends the program when an allocation fails.
package memory

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Unlimited is how much there is where nothing says otherwise.
const Unlimited = math.MaxInt64

// Available returns the bytes that this process may still take: what the machine has free, what its
// control groups leave it, and what its own limit on address space does. It is Unlimited where the
// system does not tell.
func Available() int64 {
	groups := ofGroups("/proc/self/cgroup", "/sys/fs/cgroup")
	return min(ofMachine("/proc/meminfo"), groups, ofAddressSpace())
}

// ofMachine reads what the machine has available.
func ofMachine(meminfo string) int64 {
	kilobytes, ok := field(meminfo, "MemAvailable:")
	if ok {
		return kilobytes << 10
	}
	return Unlimited
}

// field reads the number behind a name in a file of lines.
func field(path, name string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}

	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) > 1 && words[0] == name {
			n, err := strconv.ParseInt(words[1], 10, 64)
			return n, err == nil
		}
	}

	return 0, false
}

// ofGroups returns what the control groups of the process leave it: in version 2 its own and all
// around it, in version 1 the one for memory.
func ofGroups(membership, root string) int64 {
	text, err := os.ReadFile(membership)
	if err != nil {
		return Unlimited
	}

	left := int64(Unlimited)
	for line := range strings.Lines(string(text)) {
		// hierarchy:controllers:path, version 2 being the line without controllers.
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}

		switch {
		// The limits of all groups around count, up to the root.
		case parts[1] == "":
			for group := parts[2]; ; group = filepath.Dir(group) {
				left = min(left, ofGroup(filepath.Join(root, group), "memory.max", "memory.current", "inactive_file"))
				if group == "/" || group == "." {
					break
				}
			}
		case strings.Contains(","+parts[1]+",", ",memory,"):
			// In a container the path is often the host's, and its own group is at the root.
			for _, group := range []string{parts[2], "/"} {
				folder := filepath.Join(root, "memory", group)
				of := ofGroup(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
				left = min(left, of)
			}
		}
	}

	return left
}

// ofGroup returns what is left of the limit of a control group. Files that are cached and not in
// use, which the group's usage counts, are given up when memory is wanted.
func ofGroup(folder, limitFile, usageFile, cached string) int64 {
	limit, ok := number(filepath.Join(folder, limitFile))
	// Version 1 writes "no limit" as a huge number.
	if !ok || limit >= 1<<60 {
		return Unlimited
	}

	usage, ok := number(filepath.Join(folder, usageFile))
	if !ok {
		return limit
	}

	cache, _ := field(filepath.Join(folder, "memory.stat"), cached)
	return max(0, limit-usage+cache)
}

// number reads a file that holds a number; "max" is none.
func number(path string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
