using Penstock.Cli;

return await PenstockCommand.Root().Parse(args).InvokeAsync();
