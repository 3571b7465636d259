// Package memory reports how much memory the process may still allocate, so that work that does not
// fit can be refused with an error: the Go runtime ends the program when an allocation fails.
package memory

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Unlimited is the amount reported where no limit is known.
const Unlimited = math.MaxInt64

// Available returns the bytes that this process may still allocate: the least of the machine's
// available memory, what is left in its control groups, and what is left under its own limit on
// address space. It returns Unlimited if the system reports none of them.
func Available() int64 {
	groups := ofGroups("/proc/self/cgroup", "/sys/fs/cgroup")
	return min(ofMachine("/proc/meminfo"), groups, ofAddressSpace())
}

// ofMachine returns the machine's available memory in bytes, as the file meminfo reports it.
func ofMachine(meminfo string) int64 {
	kilobytes, ok := field(meminfo, "MemAvailable:")
	if ok {
		return kilobytes << 10
	}
	return Unlimited
}

// field returns the number that follows a name at the start of a line of a file.
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

// ofGroups returns the bytes left in the control groups of the process: in version 2 its own group
// and all its ancestors, in version 1 the memory group. The file membership lists the groups, root
// is where they are mounted.
func ofGroups(membership, root string) int64 {
	text, err := os.ReadFile(membership)
	if err != nil {
		return Unlimited
	}

	left := int64(Unlimited)
	for line := range strings.Lines(string(text)) {
		// hierarchy:controllers:path; the line without controllers is version 2.
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}

		switch {
		// The limits of all ancestors apply too, up to the root.
		case parts[1] == "":
			for group := parts[2]; ; group = filepath.Dir(group) {
				left = min(
					left,
					ofGroup(
						filepath.Join(root, group),
						"memory.max",
						"memory.current",
						"inactive_file",
					),
				)
				if group == "/" || group == "." {
					break
				}
			}
		case strings.Contains(","+parts[1]+",", ",memory,"):
			// In a container the path is often the host's, and the container's own group is the
			// root.
			for _, group := range []string{parts[2], "/"} {
				folder := filepath.Join(root, "memory", group)
				of := ofGroup(
					folder,
					"memory.limit_in_bytes",
					"memory.usage_in_bytes",
					"total_inactive_file",
				)
				left = min(left, of)
			}
		}
	}

	return left
}

// ofGroup returns the bytes left under the limit of a control group. The group's usage includes
// cached files; the kernel drops the inactive ones when memory is needed, so they count as free.
func ofGroup(folder, limitFile, usageFile, cached string) int64 {
	limit, ok := readNumber(filepath.Join(folder, limitFile))
	// Version 1 writes "no limit" as a huge number.
	if !ok || limit >= 1<<60 {
		return Unlimited
	}

	usage, ok := readNumber(filepath.Join(folder, usageFile))
	if !ok {
		return limit
	}

	cache, _ := field(filepath.Join(folder, "memory.stat"), cached)
	return max(0, limit-usage+cache)
}

// readNumber reads a file that holds a single number; it is not ok for "max".
func readNumber(path string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
