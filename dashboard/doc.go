// Package dashboard is a web page for looking at jobs and acting on them. It is an
// [http.Handler] that mounts in the router a service already has:
//
//	mux.Handle("/jobs/", dashboard.New(store, dashboard.Options{
//		BasePath: "/jobs",
//		Authorize: func(r *http.Request) (dashboard.Principal, error) {
//			user, err := session.User(r) // however the service knows its users
//			if err != nil {
//				return dashboard.Principal{}, err
//			}
//			return dashboard.Principal{Name: user.Email, Role: dashboard.Operator}, nil
//		},
//	}))
//
// # Access
//
// Without an Authorize hook the dashboard answers requests from this machine only,
// made to a loopback name, that no proxy has forwarded; and it only shows. Set
// Options.Development to act too, while developing. Everything else is refused with
// a page that says how to set the hook.
//
// A [Viewer] sees, an [Operator] also retries, cancels, pauses and triggers, an
// [Admin] also deletes. Arguments declared secret, and any value with a name such as
// "password" or "token", are masked before they leave the server, for everybody.
//
// Behind a proxy or under a public name, list the names in Options.AllowedHosts.
//
// # Mounting
//
// BasePath is the path at which browsers see the dashboard. Requests may arrive with
// it or without it, so a router that strips the prefix and one that does not both work.
//
// Every page works without JavaScript; with it, pages follow what happens. Live
// streams end when the [http.Server] that serves them shuts down.
package dashboard
