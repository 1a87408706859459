using System.Net;

namespace Penstock.SystemTests.Security;

/// <summary>An HTTP service on a free port of this machine.</summary>
internal sealed class Responder : IDisposable
{
    private readonly HttpListener listener;
    private int asked;

    internal Responder(Func<byte[], (int Status, byte[] Body)> answer)
    {
        using var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        free.Start();
        Authority = $"127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        listener = new HttpListener { Prefixes = { $"http://{Authority}/" } };
        listener.Start();
        _ = ServeAsync(answer);
    }

    internal string Authority { get; }

    internal string Url => $"http://{Authority}/ask";

    internal string? ContentType { get; private set; }

    internal int Asked => asked;

    public void Dispose() => listener.Close();

    private async Task ServeAsync(Func<byte[], (int Status, byte[] Body)> answer)
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                Interlocked.Increment(ref asked);
                ContentType = context.Request.ContentType;
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body, TestContext.Current.CancellationToken);
                var (status, bytes) = answer(body.ToArray());
                context.Response.StatusCode = status;
                if (status == 302) context.Response.RedirectLocation = Url;
                await context.Response.OutputStream.WriteAsync(bytes, TestContext.Current.CancellationToken);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // closed by the test
        }
    }
}
