using System.CommandLine;
using Penstock.Cli;
using Penstock.Cli.Demo;

return await new RootCommand("Penstock: an open vehicle-to-grid platform") { ServeCommand.Create(), DemoCommand.Create() }.Parse(args).InvokeAsync();
