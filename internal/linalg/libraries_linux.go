//go:build !static

package linalg

import "runtime"

// libraries are tried in this order. The pthread build of OpenBLAS comes before whichever
// build the system prefers, because the OpenMP build does not obey openblas_set_num_threads.
var libraries = []string{
	"/usr/lib/" + triplet[runtime.GOARCH] + "/openblas-pthread/libopenblas.so.0", // Debian, Ubuntu
	"libopenblasp.so.0", // Fedora
	"libopenblas.so.0",
	"libopenblas.so.3", // Alpine
	"libopenblas.so",
	"/opt/OpenBLAS/lib/libopenblas.so", // make install
	"libmkl_rt.so.2",
	"libmkl_rt.so",
	"/opt/intel/oneapi/mkl/latest/lib/libmkl_rt.so.2",
	"/opt/intel/oneapi/mkl/latest/lib/intel64/libmkl_rt.so.2",
}

var triplet = map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}

const installHint = "no fast BLAS found, using gonum's: apt-get install libopenblas0-pthread (Debian, Ubuntu) " +
	"or dnf install openblas-threads (Fedora) makes training several times faster"
