// Package govern decides who may do what.
//
// Every read and every change carries a [Principal]. Until sign-in exists the
// only principal is the workspace's local owner, who may do everything; the
// type is on every call already so that adding grants changes no signature.
package govern

// Principal is the person or program on whose behalf something is done.
type Principal struct {
	// Name is what audit rows and table snapshots record, e.g. "owner".
	Name string
	// Owner principals may do everything in the workspace.
	Owner bool
}

// Owner is the local owner of a workspace: whoever can read its folder.
func Owner() Principal { return Principal{Name: "owner", Owner: true} }
