using System.Diagnostics;
using System.Net;
using Penstock.SystemTests.Demo;

namespace Penstock.SystemTests.Gateway;

/// <summary>Folders and disks that take nothing, under the real process.</summary>
public sealed class DiskTests : IDisposable
{
    private readonly string data = Directory.CreateTempSubdirectory("penstock-disk-").FullName;

    private bool mounted;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_data_folder_that_is_a_file_ends_the_start_with_what_to_do()
    {
        var file = Path.Combine(data, "file");
        await File.WriteAllTextAsync(file, "", Cancel);
        var (code, _, error) = await HeadlessDemoTests.RunAsync(["serve", "--port", "0", "--data", file]);
        Assert.Equal(3, code);
        Assert.Contains(file, error, StringComparison.Ordinal);
        Assert.Contains("writable data folder", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_only_data_folder_ends_the_start_with_what_to_do()
    {
        await MountAsync("ro,size=1m");
        var (code, _, error) = await HeadlessDemoTests.RunAsync(["serve", "--port", "0", "--data", data]);
        Assert.Equal(3, code);
        Assert.Contains(data, error, StringComparison.Ordinal);
        Assert.Contains("writable data folder", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_leaves_the_station_unanswered_and_the_server_up_and_goes_on_when_there_is_space()
    {
        await MountAsync("size=4m");
        await using var server = await ServerProcess.StartAsync(data, Cancel);
        using var platform = new Platform(server.Address);
        await platform.RegisterAsync("EV-1", "T-1");
        await using var station = await RawStation.ConnectAsync(server.Address, "CS-1", "ocpp2.1", Cancel);
        await TransactionTests.JoinAsync(platform, station, "CS-1");
        await station.CallAsync("TransactionEvent", TransactionTests.Event("Started", "tx", 0, Platform.Now(-60), 1000, "T-1"), Cancel);
        var ballast = Path.Combine(data, "ballast");
        Fill(ballast);
        var end = $"[2,\"e\",\"TransactionEvent\",{TransactionTests.Event("Ended", "tx", 1, Platform.Now(-1), 3000)}]";
        Assert.True(await station.IsSilentAsync(end, TimeSpan.FromSeconds(3), Cancel), "what is not on disk is not answered");
        Assert.StartsWith("""[3,"h",""", await station.AskAsync("""[2,"h","Heartbeat",{}]""", Cancel));
        Assert.StartsWith("""[3,"b",""", await station.AskAsync("""[2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M2","vendorName":"V"}}]""", Cancel));
        Assert.False(server.HasExited);
        using (var ready = await platform.Client.GetAsync(new Uri("/readyz", UriKind.Relative), Cancel))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Contains("full", await ready.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        }

        Assert.Contains("journalFault", Platform.Notices(await platform.GetAsync("/api/v1/overview")));
        Assert.Contains(server.Log, l => l.Contains("journal", StringComparison.OrdinalIgnoreCase) && l.Contains("full", StringComparison.Ordinal));
        File.Delete(ballast);
        await UntilReadyAsync(platform); // without any new message: a probe finds the space
        Assert.StartsWith("""[3,"e",""", await station.AskAsync(end, Cancel));
        Assert.Equal(2, (await platform.StatementAsync("CS-1:tx")).GetProperty("energyImportedKwh").GetDouble(), 3);
    }

    public void Dispose()
    {
        if (mounted) Run("umount", "-l", data);
        Directory.Delete(data, recursive: true);
    }

    private static async Task UntilReadyAsync(Platform platform)
    {
        for (var i = 0; i < 100; i++)
        {
            using var ready = await platform.Client.GetAsync(new Uri("/readyz", UriKind.Relative), Cancel);
            if (ready.StatusCode == HttpStatusCode.OK) return;
            await Task.Delay(200, Cancel);
        }

        Assert.Fail("/readyz did not come back");
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create);
        try
        {
            for (var size = 65_536; size > 0; size /= 2)
            {
                try
                {
                    while (true)
                    {
                        file.Write(new byte[size]);
                        file.Flush();
                    }
                }
                catch (IOException)
                {
                    // no room for a piece of this size: try a smaller one
                }
            }
        }
        finally
        {
            try
            {
                file.Dispose();
            }
            catch (IOException)
            {
                // full, as wanted
            }
        }
    }

    private Task MountAsync(string options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "needs root on Linux: the disk is a small tmpfs");
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", data) == 0, "this container may not mount a tmpfs");
        mounted = true;
        return Task.CompletedTask;
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
